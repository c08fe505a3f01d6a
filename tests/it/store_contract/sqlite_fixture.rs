//! SQLite in a file and in memory.

use std::path::PathBuf;
use std::sync::Arc;

use configapi::infrastructure::store::{EventStore, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

use super::fixture::{BackDoor, Fixture};

/// A store in a file of a folder of its own.
pub(crate) struct SqliteFile {
    folder: TempDir,
}

impl SqliteFile {
    pub(crate) fn fresh() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("configapi.db")
    }

    fn connect(&self) -> Connection {
        Connection::open(self.path()).expect("the file opens")
    }
}

impl Fixture for SqliteFile {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::from(self.open_alone())
    }

    fn open_alone(&self) -> Box<dyn EventStore> {
        Box::new(SqliteStore::open(&self.path()).expect("the store opens"))
    }

    fn open_for_many(&self, servers: usize) -> Vec<Arc<dyn EventStore>> {
        vec![self.open(); servers]
    }

    fn another(&self) -> Box<dyn Fixture> {
        Box::new(Self::fresh())
    }
}

impl BackDoor for SqliteFile {
    fn execute(&self, statement: &str) -> Result<(), String> {
        self.connect().execute_batch(statement).map_err(|error| error.to_string())
    }

    fn force(&self, statement: &str) {
        let connection = self.connect();
        let mut triggers = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
            .unwrap();
        let names: Vec<String> =
            triggers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for name in names {
            connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        connection.execute_batch(statement).unwrap();
    }
}

/// A store in memory, the same one at each opening.
pub(crate) struct SqliteMemory {
    store: Arc<dyn EventStore>,
}

impl SqliteMemory {
    pub(crate) fn fresh() -> Self {
        Self { store: Arc::new(SqliteStore::in_memory().expect("the store opens")) }
    }
}

impl Fixture for SqliteMemory {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    fn open_alone(&self) -> Box<dyn EventStore> {
        Box::new(SqliteStore::in_memory().expect("the store opens"))
    }

    fn open_for_many(&self, servers: usize) -> Vec<Arc<dyn EventStore>> {
        vec![self.open(); servers]
    }

    fn another(&self) -> Box<dyn Fixture> {
        Box::new(Self::fresh())
    }
}
