//! What a store brings along to be tested.

use std::sync::Arc;

use configapi::infrastructure::store::EventStore;

/// A log of a test's own, empty at first and gone when dropped.
pub(crate) trait Fixture {
    /// Opens the log, or opens it again; the store that was opened before has been dropped.
    fn open(&self) -> Arc<dyn EventStore>;

    /// Opens the log with nothing else that holds the store.
    fn open_alone(&self) -> Box<dyn EventStore>;

    /// As many servers on the log as it can have: several stores, or one several times where one is all.
    fn open_for_many(&self, servers: usize) -> Vec<Arc<dyn EventStore>>;

    /// Another empty log in a store of the same kind.
    fn another(&self) -> Box<dyn Fixture>;
}

/// A log that a test can reach past its store, as an operator with an SQL prompt can.
pub(crate) trait BackDoor: Fixture {
    /// Runs a statement as anybody could; the error is the database's text.
    fn execute(&self, statement: &str) -> Result<(), String>;

    /// Runs a statement with all triggers out of the way.
    fn force(&self, statement: &str);
}
