//! The log is exchanged for another one while answers are read from it.

use std::io::{ErrorKind, Read as _};
use std::sync::{Arc, RwLock};

use configapi::application::{ConfigStore, Options, StoreError};
use configapi::domain::{Config, ConfigName, IdempotencyKey, Revision, Timestamp};
use configapi::infrastructure::store::{
    Append, EventStore, Hash, Head, HeadWatch, HistoryPage, LockedHead, LogIdentity, MarkedChange, PageLimit,
    RecordedEvent, SealedChange, SqliteStore, TreePage,
};
use configapi::presentation::http::ApiSettings;
use serde_json::json;

use super::driver::Client;
use super::walks::begun;

/// A store whose log can be exchanged, as a database's can by its operator.
struct Exchangeable(RwLock<Arc<dyn EventStore>>);

impl Exchangeable {
    fn current(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.0.read().unwrap())
    }
}

impl EventStore for Exchangeable {
    fn describe(&self) -> String {
        self.current().describe()
    }

    fn identity(&self) -> LogIdentity {
        self.current().identity()
    }

    fn clock(&self) -> Timestamp {
        self.current().clock()
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.current().head()
    }

    fn append(&self, expected: &Head, batch: &[SealedChange]) -> Result<Append, StoreError> {
        self.current().append(expected, batch)
    }

    fn lock_head(&self) -> Result<Box<dyn LockedHead + '_>, StoreError> {
        Err(StoreError::Unavailable("nobody else writes here".into()))
    }

    fn changes_after(&self, after: Revision, limit: PageLimit) -> Result<Vec<SealedChange>, StoreError> {
        self.current().changes_after(after, limit)
    }

    fn tree_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError> {
        self.current().tree_page(page)
    }

    fn access_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Option<Config>)>, StoreError> {
        self.current().access_page(page)
    }

    fn config_at(&self, name: &ConfigName, at: Revision) -> Result<Option<Config>, StoreError> {
        self.current().config_at(name, at)
    }

    fn configs_at(
        &self,
        names: &[ConfigName],
        at: Revision,
        bytes_max: usize,
    ) -> Result<Vec<Option<Config>>, StoreError> {
        self.current().configs_at(names, at, bytes_max)
    }

    fn names_between(
        &self,
        after: Revision,
        to: Revision,
        rows_max: usize,
    ) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
        self.current().names_between(after, to, rows_max)
    }

    fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, StoreError> {
        self.current().history(name, page)
    }

    fn revisions_at(&self, instants: &[Timestamp]) -> Result<Vec<Revision>, StoreError> {
        self.current().revisions_at(instants)
    }

    fn instant_of(&self, revision: Revision) -> Result<Option<Timestamp>, StoreError> {
        self.current().instant_of(revision)
    }

    fn hash_of(&self, revision: Revision) -> Result<Option<Hash>, StoreError> {
        self.current().hash_of(revision)
    }

    fn find_marked(
        &self,
        keys: &[(Option<Arc<str>>, IdempotencyKey)],
        since: Timestamp,
    ) -> Result<Vec<MarkedChange>, StoreError> {
        self.current().find_marked(keys, since)
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.current().probe()
    }

    fn adopt(&mut self, _: LogIdentity) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("nobody copies here".into()))
    }

    fn watch(&self) -> Option<Box<dyn HeadWatch>> {
        None
    }
}

/// A log of the same names and revisions, with values of its own.
fn log(value: &str) -> Arc<dyn EventStore> {
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::in_memory().unwrap());
    let config_store = Arc::new(ConfigStore::over(Arc::clone(&store), &Options::memory()).unwrap());
    let client = Client::over(config_store, ApiSettings::default());
    let set = |number| json!({"set": {"name": format!("n/{number:05}"), "value": value}});
    for sets in [0..3_000, 3_000..4_200] {
        let operations: Vec<_> = sets.map(set).collect();
        assert_eq!(client.post("/v1/transactions", &json!({"operations": operations})).status, 200);
    }
    for _ in 0..300 {
        client.put("often", &value.repeat(200));
    }
    client.store.stop();
    store
}

#[test]
fn an_answer_breaks_off_when_the_log_is_exchanged_under_it() {
    let targets =
        // The second difference is found by a walk over the later tree.
        ["/v1/config?at=2", "/v1/diff?from=0&to=1", "/v1/diff?from=0&to=2", "/v1/config/often/history"];
    let (first, second) = (log("first"), log("second"));
    for target in targets {
        let store = Arc::new(Exchangeable(RwLock::new(Arc::clone(&first))));
        let config_store = ConfigStore::over(Arc::clone(&store) as Arc<_>, &Options::memory()).unwrap();
        let client = Client::over(Arc::new(config_store), ApiSettings::default());
        let whole = client.get(target).body;

        let response = begun(&client, target);
        let mut body = response.data.into_reader_and_size().0;
        let mut bytes = vec![0; 1_000];
        body.read_exact(&mut bytes).unwrap();
        *store.0.write().unwrap() = Arc::clone(&second);
        let ended = loop {
            match body.read_to_end(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                ended => break ended,
            }
        };
        assert!(ended.is_err(), "{target} looks whole");
        assert!(bytes.len() < whole.len() && whole.as_bytes().starts_with(&bytes), "{target} is a mix");
    }
}
