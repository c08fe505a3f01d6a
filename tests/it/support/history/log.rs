//! The log as it is stored, read past the service: what the checks believe.

use std::collections::HashMap;

use rusqlite::OpenFlags;

use super::super::places::of_postgres;
use super::super::postgres::psql;
use super::super::server::Store;

/// Read with the service stopped or running; the text of a value never holds the separator.
const ROWS: &str = "SELECT c.revision, e.ordinal, e.name, e.version, e.value, c.request_id, c.instant_us, \
                    c.change_id FROM events e JOIN changes c ON c.revision = e.revision \
                    ORDER BY c.revision, e.ordinal";

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub revision: u64,
    pub ordinal: u64,
    pub name: String,
    pub version: u64,
    /// None: a delete.
    pub value: Option<String>,
    pub request_id: Option<String>,
    pub instant_us: i64,
    pub change_id: String,
}

/// The whole log, with the head that it claims.
#[derive(Clone, Debug)]
pub struct Log {
    pub head: u64,
    pub changes: u64,
    pub rows: Vec<Row>,
}

impl Log {
    pub fn read(store: &Store) -> Self {
        match store {
            Store::File(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = rusqlite::Connection::open_with_flags(path, flags).expect("the file opens");
                connection.busy_timeout(std::time::Duration::from_secs(5)).expect("a time-out");
                let number = |sql| unsigned(connection.query_row(sql, [], |row| row.get(0)).expect("a row"));
                let mut rows = connection.prepare(ROWS).expect("a statement");
                let rows = rows.query_map([], |row| {
                    Ok(Row {
                        revision: unsigned(row.get(0)?),
                        ordinal: unsigned(row.get(1)?),
                        name: row.get(2)?,
                        version: unsigned(row.get(3)?),
                        value: row.get(4)?,
                        request_id: row.get(5)?,
                        instant_us: row.get(6)?,
                        change_id: hex(&row.get::<_, Vec<u8>>(7)?),
                    })
                });
                let rows = rows.expect("rows").map(|row| row.expect("a row")).collect();
                let head = number("SELECT revision FROM log_head");
                Self { head, changes: number("SELECT count(*) FROM changes"), rows }
            }
            Store::Postgres(url) => Self::read_postgres(url),
        }
    }

    fn read_postgres(url: &str) -> Self {
        let schema = "SET search_path = configapi; SET default_transaction_isolation = 'repeatable read'; ";
        let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).expect("the database answers");
        client.batch_execute(schema).expect("settings");
        let rows = client.query(&of_postgres(ROWS), &[]).expect("rows");
        let rows = rows.iter().map(|row| Row {
            revision: unsigned(row.get(0)),
            ordinal: u64::try_from(row.get::<_, i32>(1)).expect("a place"),
            name: row.get(2),
            version: unsigned(row.get(3)),
            value: row.get(4),
            request_id: row.get(5),
            instant_us: row.get(6),
            change_id: hex(&row.get::<_, Vec<u8>>(7)),
        });
        let rows = rows.collect();
        let number = |sql: &str| psql(url, sql).parse().expect("a number");
        Self {
            head: number("SELECT revision FROM configapi.head"),
            changes: number("SELECT count(*) FROM configapi.changes"),
            rows,
        }
    }

    /// The states of every name, in the order of their revisions.
    pub fn states(&self) -> HashMap<&str, Vec<&Row>> {
        let mut states: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in &self.rows {
            states.entry(&row.name).or_default().push(row);
        }
        states
    }

    /// Each request's revisions: one at most, if all is well.
    pub fn requests(&self) -> HashMap<&str, Vec<&Row>> {
        let mut requests: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in &self.rows {
            if let Some(id) = &row.request_id {
                requests.entry(id).or_default().push(row);
            }
        }
        requests
    }

    /// The tree after a revision: the fold of the changes up to it.
    pub fn tree_at(&self, revision: u64) -> std::collections::BTreeMap<&str, &Row> {
        let mut tree = std::collections::BTreeMap::new();
        for row in self.rows.iter().take_while(|row| row.revision <= revision) {
            match row.value {
                Some(_) => tree.insert(row.name.as_str(), row),
                None => tree.remove(row.name.as_str()),
            };
        }
        tree
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).expect("no number of the log is negative")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
