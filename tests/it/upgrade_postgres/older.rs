//! A server of an older release, as far as its database sees it: that release's own statements and the hashes of its time.
//!
//! The statements are copies of what the release had in `sql/postgres`. The hashes are made here and not by the
//! library, so that a later format does not change what an older release wrote.

use configapi::domain::Timestamp;
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, NoTls, Statement};
use sha2::{Digest as _, Sha256};

use crate::support::postgres::{fresh_database, psql};

/// The statements of a release with this schema.
pub(crate) struct Older {
    pub(crate) schema: i64,
    migrations: &'static [&'static str],
    append: &'static str,
    changes_after: &'static str,
    head: &'static str,
    /// Its tables, in the order in which `pg_dump` locks them.
    pub(crate) tables: &'static str,
}

const LOG: &str = include_str!("../../../sql/postgres/migrations/0001_log.sql");
const ONE_TABLE: &str = include_str!("../../../sql/postgres/migrations/0002_one_table.sql");

pub(crate) const SCHEMA_1: Older = Older {
    schema: 1,
    migrations: &[LOG],
    append: include_str!("../../fixtures/0.1.0/statements/schema-1/append.sql"),
    changes_after: include_str!("../../fixtures/0.1.0/statements/schema-1/changes_after.sql"),
    head: include_str!("../../fixtures/0.1.0/statements/schema-1/head.sql"),
    tables: "configapi.changes, configapi.events, configapi.log_head, configapi.names",
};

pub(crate) const SCHEMA_2: Older = Older {
    schema: 2,
    migrations: &[LOG, ONE_TABLE],
    append: include_str!("../../fixtures/0.1.0/statements/schema-2/append.sql"),
    changes_after: include_str!("../../fixtures/0.1.0/statements/schema-2/changes_after.sql"),
    head: include_str!("../../fixtures/0.1.0/statements/schema-2/head.sql"),
    tables: "configapi.events, configapi.log_head",
};

impl Older {
    /// A database with an empty log, as the release makes it at its first start.
    pub(crate) fn create(&self) -> String {
        let url = fresh_database();
        self.create_in(&url);
        url
    }

    /// The same in a database that is there.
    pub(crate) fn create_in(&self, url: &str) {
        let mut client = Client::connect(url, NoTls).unwrap();
        client.batch_execute("BEGIN; CREATE SCHEMA configapi").unwrap();
        client.batch_execute(include_str!("../../../sql/postgres/create_schema_migrations.sql")).unwrap();
        for (version, sql) in (1_i64..).zip(self.migrations) {
            client.batch_execute(sql).unwrap();
            let record = "INSERT INTO configapi.schema_migrations (version) VALUES ($1)";
            client.execute(record, &[&version]).unwrap();
        }
        let id: [u8; 16] = std::array::from_fn(|place| u8::try_from(place).unwrap());
        let hash = Fields::new(b"configapi.log.1").bytes(&id).end();
        let insert = "INSERT INTO configapi.log_head (log_id, fingerprint_key, revision, hash, instant_us, names, events) \
                      VALUES ($1, $2, 0, $3, $4, 0, 0)";
        let first = Timestamp::MIN.as_micros();
        client.execute(insert, &[&id.as_slice(), &[7_u8; 32].as_slice(), &hash.as_slice(), &first]).unwrap();
        client.batch_execute("COMMIT").unwrap();
    }

    /// A server on such a database, which writes names of its own; the refusal if its statements do not fit.
    pub(crate) fn connect(&'static self, url: &str, name: &str) -> Result<Server, postgres::Error> {
        let mut client = Client::connect(url, NoTls)?;
        // The settings of the release's sessions, as far as they matter here.
        client.batch_execute("SET lock_timeout = '1s'; SET plan_cache_mode = force_generic_plan")?;
        let [append, changes_after, head] =
            [self.append, self.changes_after, self.head].map(|sql| client.prepare(sql));
        let (name, places) = (name.to_owned(), Places { version: 0, follows: 0 });
        Ok(Server {
            older: self,
            client,
            append: append?,
            changes_after: changes_after?,
            head: head?,
            name,
            places,
        })
    }

    /// Fills a log with so many changes of two events.
    pub(crate) fn fill(&'static self, url: &str, changes: usize) -> Vec<Stored> {
        let mut server = self.connect(url, "filled").unwrap();
        let mut stored = Vec::new();
        while stored.len() < changes {
            stored
                .extend(server.append(250.min(changes - stored.len())).unwrap().expect("nobody else writes"));
        }
        psql(url, "ANALYZE");
        stored
    }
}

/// A change that the database acknowledged: its revision and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) revision: u64,
    pub(crate) id: [u8; 16],
}

/// One server of the release: a session with its statements prepared.
pub(crate) struct Server {
    older: &'static Older,
    client: Client,
    append: Statement,
    changes_after: Statement,
    head: Statement,
    name: String,
    places: Places,
}

/// Where its two names are in their streams.
#[derive(Clone, Copy)]
struct Places {
    version: i64,
    follows: i64,
}

struct Head {
    revision: i64,
    hash: Vec<u8>,
    instant_us: i64,
    names: i64,
    events: i64,
    clock_us: i64,
}

impl Server {
    /// Appends so many changes, each of which sets both names; nothing if another server was faster.
    pub(crate) fn append(&mut self, changes: usize) -> Result<Option<Vec<Stored>>, postgres::Error> {
        let head = self.read_head()?;
        let (mut batch, mut hash, mut places) = (Columns::default(), head.hash.clone(), self.places);
        let mut instant_us = head.instant_us;
        let names = [format!("{}/a", self.name), format!("{}/b", self.name)];
        for revision in (head.revision + 1..).take(changes) {
            instant_us = (instant_us + 1).max(head.clock_us);
            let version = places.version + 1;
            let value = format!("value {version}");
            let digests = names.each_ref().map(|name| digest_of(name, version, &value));
            let id = uuid::Uuid::now_v7().into_bytes();
            hash = hash_of(&hash, revision, id, instant_us, &digests);
            batch.push_change(revision, instant_us, id, &hash);
            for (ordinal, (name, digest)) in (0..).zip(names.iter().zip(digests)) {
                batch.push_event(ordinal, name, (version, places.follows), &value, digest);
            }
            places = Places { version, follows: revision };
        }
        let first = if self.places.version == 0 { 2 } else { 0 };
        let events = head.events + 2 * i64::try_from(changes).unwrap();
        let after =
            (head.revision + i64::try_from(changes).unwrap(), hash, instant_us, head.names + first, events);
        let heads: [&(dyn ToSql + Sync); 7] =
            [&head.revision, &head.hash, &after.0, &after.1, &after.2, &after.3, &after.4];
        let columns = if self.older.schema == 1 { batch.of_schema_1() } else { batch.of_schema_2() };
        let parameters: Vec<_> = heads.into_iter().chain(columns.iter().map(|it| &**it)).collect();
        if !self.client.query_one(&self.append, &parameters)?.get::<_, bool>(1) {
            return Ok(None);
        }
        self.places = places;
        Ok(Some(batch.stored))
    }

    /// The changes after a revision: their revisions.
    pub(crate) fn follow(&mut self, after: u64) -> Result<Vec<u64>, postgres::Error> {
        let after = i64::try_from(after).unwrap();
        let rows = self.client.query(&self.changes_after, &[&after, &100_i64, &i64::MAX])?;
        let mut revisions: Vec<u64> = rows.iter().map(|row| row.get::<_, i64>(0).cast_unsigned()).collect();
        revisions.dedup();
        Ok(revisions)
    }

    /// The revision of the head.
    pub(crate) fn head(&mut self) -> Result<u64, postgres::Error> {
        Ok(self.read_head()?.revision.cast_unsigned())
    }

    fn read_head(&mut self) -> Result<Head, postgres::Error> {
        let row = self.client.query_one(&self.head, &[])?;
        Ok(Head {
            revision: row.get(0),
            hash: row.get(1),
            instant_us: row.get(2),
            names: row.get(3),
            events: row.get(4),
            clock_us: row.get(5),
        })
    }
}

/// Whether an older server finds its tables gone.
pub(crate) fn is_fenced(error: &postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNDEFINED_TABLE)
}

/// Whether an older server tries again later: the wait for a lock took long, or it was a deadlock's victim.
pub(crate) fn is_passing(error: &postgres::Error) -> bool {
    [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED]
        .iter()
        .any(|code| error.code() == Some(code))
}

/// An array each, as `append.sql` takes them.
#[derive(Default)]
struct Columns {
    stored: Vec<Stored>,
    instants: Vec<i64>,
    hashes: Vec<Vec<u8>>,
    revisions: Vec<i64>,
    ordinals: Vec<i32>,
    names: Vec<String>,
    versions: Vec<i64>,
    follows: Vec<i64>,
    values: Vec<String>,
    digests: Vec<Vec<u8>>,
}

type Parameter = Box<dyn ToSql + Sync>;

impl Columns {
    fn push_change(&mut self, revision: i64, instant_us: i64, id: [u8; 16], hash: &[u8]) {
        self.stored.push(Stored { revision: revision.cast_unsigned(), id });
        self.instants.push(instant_us);
        self.hashes.push(hash.to_vec());
    }

    /// An event of the change that was pushed last.
    fn push_event(&mut self, ordinal: i32, name: &str, at: (i64, i64), value: &str, digest: [u8; 32]) {
        let change = self.stored.last().expect("a change comes before its events");
        self.revisions.push(change.revision.cast_signed());
        self.ordinals.push(ordinal);
        self.names.push(name.to_owned());
        self.versions.push(at.0);
        self.follows.push(at.1);
        self.values.push(value.to_owned());
        self.digests.push(digest.to_vec());
    }

    fn ids(&self) -> Vec<Vec<u8>> {
        self.stored.iter().map(|change| change.id.to_vec()).collect()
    }

    /// From `$8`: a place for each change, then one for each event, then one for each new name.
    fn of_schema_1(&self) -> Vec<Parameter> {
        let count = self.stored.len();
        let none = || Box::new(vec![None::<String>; count]);
        let first: Vec<usize> = (0..self.names.len()).filter(|&place| self.versions[place] == 1).collect();
        let new_names: Vec<String> = first.iter().map(|&place| self.names[place].clone()).collect();
        let new_revisions: Vec<i64> = first.iter().map(|&place| self.revisions[place]).collect();
        vec![
            Box::new(self.ids()),
            Box::new(self.instants.clone()),
            Box::new(vec![ACTOR; count]),
            none(),
            none(),
            none(),
            none(),
            none(),
            Box::new(vec![None::<Vec<u8>>; count]),
            Box::new(self.hashes.clone()),
            Box::new(self.revisions.clone()),
            Box::new(self.ordinals.clone()),
            Box::new(self.names.clone()),
            Box::new(self.versions.clone()),
            Box::new(vec![1_i16; self.names.len()]),
            Box::new(self.values.clone()),
            Box::new(self.digests.clone()),
            Box::new(new_names),
            Box::new(new_revisions),
        ]
    }

    /// From `$8`: a place for each event; the columns of a change are filled at its first event.
    fn of_schema_2(&self) -> Vec<Parameter> {
        let count = self.names.len();
        let none = || Box::new(vec![None::<String>; count]);
        vec![
            Box::new(self.revisions.clone()),
            Box::new(self.ordinals.clone()),
            Box::new(self.names.clone()),
            Box::new(self.versions.clone()),
            Box::new(self.follows.clone()),
            Box::new(vec![1_i16; count]),
            Box::new(self.values.clone()),
            Box::new(self.digests.clone()),
            Box::new(spread(&self.instants)),
            Box::new(spread(&self.ids())),
            Box::new(spread(&self.hashes)),
            Box::new(spread(&vec![ACTOR; self.stored.len()])),
            none(),
            none(),
            none(),
            none(),
            none(),
            Box::new(vec![None::<Vec<u8>>; count]),
        ]
    }
}

const ACTOR: &str = "older";

/// Each change has two events.
fn spread<T: Clone>(of_changes: &[T]) -> Vec<Option<T>> {
    of_changes.iter().flat_map(|it| [Some(it.clone()), None]).collect()
}

fn digest_of(name: &str, version: i64, value: &str) -> [u8; 32] {
    Fields::new(b"configapi.event.1")
        .bytes(name.as_bytes())
        .bytes(&version.to_be_bytes())
        .bytes(&1_i16.to_be_bytes())
        .bytes(value.as_bytes())
        .end()
}

fn hash_of(before: &[u8], revision: i64, id: [u8; 16], instant_us: i64, digests: &[[u8; 32]]) -> Vec<u8> {
    let mut fields = Fields::new(b"configapi.change.1")
        .bytes(before)
        .bytes(&revision.to_be_bytes())
        .bytes(&id)
        .bytes(&instant_us.to_be_bytes())
        .bytes(ACTOR.as_bytes());
    // No reason, request, trace, attributes, key, content of a key.
    for _ in 0..6 {
        fields.0.update(u64::MAX.to_be_bytes());
    }
    digests.iter().fold(fields, |fields, digest| fields.bytes(digest)).end().to_vec()
}

/// Fields, each behind its length.
struct Fields(Sha256);

impl Fields {
    fn new(format: &[u8]) -> Self {
        Self(Sha256::new()).bytes(format)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn end(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
