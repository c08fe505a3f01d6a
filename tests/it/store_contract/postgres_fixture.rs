//! PostgreSQL: a database of the test's own.

use std::sync::Arc;

use configapi::infrastructure::store::{EventStore, PostgresOptions, PostgresStore};
use postgres::{Client, NoTls};

use super::fixture::{BackDoor, Fixture};
use crate::support::places::of_postgres;
use crate::support::postgres::migrated_database;

/// A fresh database on the cluster that the tests share.
pub(crate) struct Postgres {
    url: String,
}

impl Postgres {
    pub(crate) fn fresh() -> Self {
        Self { url: migrated_database() }
    }

    fn client(&self) -> Client {
        let mut client = Client::connect(&self.url, NoTls).expect("the database answers");
        client.batch_execute("SET search_path = configapi").expect("a setting");
        client
    }
}

impl Fixture for Postgres {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::from(self.open_alone())
    }

    fn open_alone(&self) -> Box<dyn EventStore> {
        Box::new(PostgresStore::open(PostgresOptions::new(&self.url)).expect("the store opens"))
    }

    fn open_for_many(&self, servers: usize) -> Vec<Arc<dyn EventStore>> {
        (0..servers).map(|_| self.open()).collect()
    }

    fn another(&self) -> Box<dyn Fixture> {
        Box::new(Self::fresh())
    }
}

impl BackDoor for Postgres {
    fn execute(&self, statement: &str) -> Result<(), String> {
        self.client().batch_execute(&of_postgres(statement)).map_err(|error| error.to_string())
    }

    fn force(&self, statement: &str) {
        let mut client = self.client();
        client.batch_execute("SET session_replication_role = replica").expect("a superuser");
        client.batch_execute(&of_postgres(statement)).expect("a statement");
    }
}
