//! Where a test's log is: in memory, in a file, in PostgreSQL. Opened again it is the same log.

use std::path::PathBuf;
use std::sync::Arc;

use configapi::application::{ConfigStore, Options, StoreLocation};
use configapi::infrastructure::store::{EventStore, PostgresOptions, PostgresStore, SqliteStore};
use postgres::{Client, NoTls};
use tempfile::TempDir;

use super::postgres::migrated_database;

/// A log of a test's own, empty at first and gone when dropped.
pub enum Place {
    /// Kept open: what is in memory is gone when it is closed.
    Memory(Arc<dyn EventStore>),
    File(TempDir),
    Postgres(String),
}

/// Each fact as a test of every store.
macro_rules! in_every_place {
    ($($fact:ident),+ $(,)?) => {
        crate::support::places::facts_in!(memory, $($fact),+);
        crate::support::places::facts_in!(file, $($fact),+);
        crate::support::places::facts_in!(postgres, $($fact),+);
    };
}

/// Each fact as a test of the stores that outlive their process.
macro_rules! in_every_durable_place {
    ($($fact:ident),+ $(,)?) => {
        crate::support::places::facts_in!(file, $($fact),+);
        crate::support::places::facts_in!(postgres, $($fact),+);
    };
}

macro_rules! facts_in {
    ($place:ident, $($fact:ident),+) => {
        mod $place {
            $(
                #[test]
                fn $fact() {
                    super::$fact(&crate::support::places::Place::$place());
                }
            )+
        }
    };
}

pub(crate) use {facts_in, in_every_durable_place, in_every_place};

impl Place {
    pub fn memory() -> Self {
        Self::Memory(Arc::new(SqliteStore::in_memory().expect("the store opens")))
    }

    pub fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a folder for the test"))
    }

    pub fn postgres() -> Self {
        Self::Postgres(migrated_database())
    }

    /// The options that lead here; for a log in memory all but the way.
    pub fn options(&self) -> Options {
        match self {
            Self::Memory(_) => Options::memory(),
            Self::File(folder) => Options::file(path(folder)),
            Self::Postgres(url) => Options::postgres(url),
        }
    }

    /// The store by itself; what had it open before has been dropped, but for PostgreSQL and memory.
    pub fn store(&self) -> Arc<dyn EventStore> {
        match self {
            Self::Memory(store) => Arc::clone(store),
            Self::File(folder) => Arc::new(SqliteStore::open(&path(folder)).expect("the store opens")),
            Self::Postgres(url) => {
                Arc::new(PostgresStore::open(PostgresOptions::new(url)).expect("the store opens"))
            }
        }
    }

    pub fn file_path(&self) -> PathBuf {
        match self {
            Self::File(folder) => path(folder),
            _ => panic!("this log is in no file"),
        }
    }

    pub fn open(&self) -> ConfigStore {
        self.open_with(|_| ())
    }

    /// Opens it with other options.
    #[track_caller]
    pub fn open_with(&self, change: impl FnOnce(&mut Options)) -> ConfigStore {
        let mut options = self.options();
        change(&mut options);
        let opened = match (self, &options.store) {
            (Self::Memory(store), StoreLocation::Memory) => ConfigStore::over(Arc::clone(store), &options),
            _ => ConfigStore::open(&options),
        };
        opened.unwrap_or_else(|error| panic!("the store doesn't open: {error}"))
    }

    /// Runs SQL past the triggers that keep the log as it is, as a superuser can.
    #[track_caller]
    pub fn force(&self, sqlite: &str, postgres: &str) {
        match self {
            Self::Memory(_) => panic!("there is no way behind the back of a store in memory"),
            Self::File(folder) => force_sqlite(path(folder), sqlite),
            Self::Postgres(url) => {
                let mut client = Client::connect(url, NoTls).expect("the database answers");
                let session = "SET search_path = configapi; SET session_replication_role = replica";
                client.batch_execute(session).expect("a superuser");
                client.batch_execute(&of_postgres(postgres)).expect("a statement");
            }
        }
    }

    /// Takes the log back to a revision, as a backup that is restored does.
    pub fn rewind(&self, revision: u64) {
        let rewind = format!(
            "DELETE FROM events WHERE revision > {revision};
             DELETE FROM names WHERE first_revision > {revision};
             DELETE FROM changes WHERE revision > {revision};
             UPDATE log_head SET revision = {revision},
                hash = (SELECT hash FROM changes WHERE revision = {revision}),
                instant_us = (SELECT instant_us FROM changes WHERE revision = {revision}),
                names = (SELECT count(*) FROM names), events = (SELECT count(*) FROM events);"
        );
        self.force(&rewind, &rewind);
    }
}

/// A statement that both stores share, with PostgreSQL's names of the log's tables.
pub(crate) fn of_postgres(statement: &str) -> String {
    let named = |word: &str| (format!("{word} events"), format!("{word} log"));
    let named = ["FROM", "UPDATE", "INTO"].map(named).into_iter();
    let head = ("log_head".to_owned(), "head".to_owned());
    named.chain([head]).fold(statement.to_owned(), |text, (before, after)| text.replace(&before, &after))
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("configapi.db")
}

fn force_sqlite(path: PathBuf, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";
    let mut found = connection.prepare(triggers).expect("a statement");
    let names: Vec<String> =
        found.query_map([], |row| row.get(0)).expect("rows").map(|name| name.expect("a name")).collect();
    for name in names {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).expect("a trigger");
    }
    connection.execute_batch(statements).expect("a statement");
}
