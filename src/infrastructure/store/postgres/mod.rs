//! The event store on PostgreSQL: hand-written SQL (`sql/postgres`) and row mapping.
//!
//! Called by boot, which opens it, and through [`EventStore`] by the application. Every wait ends: for a
//! connection, for the head's lock, for an answer. The synchronous driver runs a small runtime of its own
//! inside: never call a store on a thread of an async runtime, it panics there.
//!
//! - `options`, `connection_string`, `address`, `hosts`: how to reach the database. `sessions`, `connect`, `parameter`: connections.
//!   `channel`, `deadline`, `tls`, `authentication`: below the driver. `pools`: which call waits for which.
//! - `migrate`: the schema. `grant`: the rights of a role that serves. `append`, `batch`: writes. `keys`: the wrapped keys
//!   of encrypted values. `read`, `page`, `rows`: reads. `listen`: the watch.
//! - `errors`, `refusal`: what the driver's errors mean, and ours below it.
//!
//! Rights: a role that only serves needs SELECT and INSERT on `log`, SELECT and UPDATE on `head`, SELECT, INSERT, UPDATE and
//! DELETE on `data_keys`, SELECT on `schema_migrations` and USAGE on the schema `configapi`. `grant` grants them.

mod address;
mod append;
mod authentication;
mod batch;
mod channel;
mod connect;
mod connection_string;
mod deadline;
mod errors;
mod grant;
mod hosts;
mod keys;
mod listen;
mod migrate;
mod options;
mod page;
mod parameter;
mod pools;
mod read;
mod refusal;
mod rows;
mod sessions;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

pub use options::{Durability, Pooler, PostgresOptions};
use r2d2::ManageConnection as _;

use self::address::{Address, Role, session_settings};
use self::append::Locked;
use self::connect::Session;
use self::errors::refuses_settings;
use self::listen::{OwnRevision, Watch};
use self::migrate::Opened;
use self::pools::{Lane, Pools};
use self::sessions::Sessions;
use super::codec::StateRow;
use super::{
    Access, Append, DataKey, EventStore, Hash, Head, HeadWatch, HistoryPage, LockedHead, LogIdentity,
    MarkedChange, PageLimit, RecordedEvent, SealedChange, StoreError, TreePage,
};
use crate::domain::{Config, ConfigName, IdempotencyKey, Revision, Timestamp, ValueId};

/// A log in a PostgreSQL database; the module's documentation says more.
#[derive(Clone)]
pub struct PostgresStore {
    address: Address,
    options: PostgresOptions,
    identity: LogIdentity,
    schema: i64,
    clock: Arc<ServerClock>,
    own: OwnRevision,
    pools: Arc<Pools>,
    lane: Lane,
    /// The last probe found settings with which the server can lose what it acknowledges.
    loses_writes: Arc<AtomicBool>,
}

impl PostgresStore {
    /// Connects once, checks the server's settings, migrates, and opens the pools in the background.
    ///
    /// # Errors
    ///
    /// `Unavailable` where the database can't be reached: try again later. `Misconfigured`, `SchemaTooNew` and
    /// `SchemaTooOld` don't go away by themselves.
    pub fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let (address, options, mut session) = reach(options)?;
        let opened = migrate::open(&mut session, &options)?;
        drop(session);
        Ok(Self::over(address, options, opened, migrate::KNOWN))
    }

    /// Opens the log to read it and nothing else, whatever its schema: no migration, no lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] if the database has no log; else as [`Self::open`].
    pub fn open_to_read(options: PostgresOptions) -> Result<Self, StoreError> {
        // Nobody waits behind such a reader: on a busy machine it may take its time to connect.
        let checkout_timeout = options.read_timeout.max(options.checkout_timeout);
        let options = PostgresOptions { access: Access::ReadOnly, checkout_timeout, ..options };
        let (address, options, mut session) = reach(options)?;
        let (opened, schema) = migrate::look(&mut session, &options)?;
        drop(session);
        Ok(Self::over(address, options, opened, schema))
    }

    /// Grants a role the rights that a server needs, as the owner of the schema, which must be this release's.
    ///
    /// # Errors
    ///
    /// `Misconfigured` if the role does not exist, or if this one may not grant; else as [`Self::open`].
    pub fn grant(options: PostgresOptions, role: &str) -> Result<(), StoreError> {
        let (_, options, mut session) = reach(options)?;
        grant::grant(&mut session, options.read_timeout, role)
    }

    fn over(address: Address, options: PostgresOptions, opened: Opened, schema: i64) -> Self {
        let pools = Arc::new(Pools::new(&address, &options));
        let (identity, own, lane) = (opened.identity, OwnRevision::default(), Lane::Past);
        let clock = Arc::new(ServerClock::new(opened.clock_us));
        let loses_writes = Arc::default();
        Self { address, options, identity, schema, clock, own, pools, lane, loses_writes }
    }

    /// The server's settings for the sessions of a store that read pages, in the form of `PGOPTIONS`: with them a
    /// statement of `sql/postgres` can be explained as a server runs it.
    pub fn settings_of_readers(options: &PostgresOptions) -> String {
        session_settings(Role::Reader, options)
    }

    /// Nothing is acknowledged that the server may not have on its disk.
    fn refuse_loss(&self) -> Result<(), StoreError> {
        if self.loses_writes.load(Ordering::Relaxed) {
            let what = "the PostgreSQL server has fsync or full_page_writes off: set both on and reload";
            return Err(StoreError::Unavailable(what.to_owned()));
        }
        Ok(())
    }
}

/// Connects once, and finds out whether a pooler is between: it refuses the settings of a session, or passes them over.
fn reach(mut options: PostgresOptions) -> Result<(Address, PostgresOptions, Session), StoreError> {
    let address = Address::parse(&options)?;
    if let Some(url) = &options.listen_url {
        let direct = Address::parse(&PostgresOptions { url: url.clone(), ..options.clone() })?;
        Sessions::new(&direct, &options, Role::Listener).check_files()?;
    }
    if address.names_pooler {
        options.pooler = Pooler::Between;
    }
    Sessions::new(&address, &options, Role::Setup).check_files()?;
    let connect = |options: &PostgresOptions| Sessions::new(&address, options, Role::Setup).connect();
    let connected = match connect(&options) {
        Err(error) if options.pooler == Pooler::None && refuses_settings(&error) => None,
        Ok(mut session) => session.within(options.read_timeout).has_settings()?.then_some(session),
        Err(error) => return Err(error),
    };
    if let Some(session) = connected {
        return Ok((address, options, session));
    }
    options.pooler = Pooler::Between;
    let session = connect(&options)?;
    Ok((address, options, session))
}

impl EventStore for PostgresStore {
    fn describe(&self) -> String {
        self.address.shown.clone()
    }

    fn identity(&self) -> LogIdentity {
        self.identity.clone()
    }

    fn clock(&self) -> Timestamp {
        self.clock.now()
    }

    fn head(&self) -> Result<Head, StoreError> {
        let (head, clock_us) = read::read_head(&self.pools, self.lane, self.schema)?;
        self.clock.set(clock_us);
        Ok(head)
    }

    fn is_level(&self) -> Result<bool, StoreError> {
        if self.options.access == Access::ReadOnly {
            read::is_level(&self.pools, self.lane)
        } else {
            Ok(true)
        }
    }

    fn append(&self, expected: &Head, batch: &[SealedChange]) -> Result<Append, StoreError> {
        self.refuse_loss()?;
        let Some(last) = batch.last() else {
            let head = self.head()?;
            return Ok(if head.same_place(expected) { Append::Stored } else { Append::Stale(head) });
        };
        let before = self.own.claim(last.change.revision);
        let appended = append::append(&self.pools, &self.options, expected, batch);
        if !matches!(&appended, Ok(answer) if answer.append == Append::Stored) {
            self.own.take_back(before);
        }
        let answer = appended?;
        self.clock.set(answer.clock_us);
        Ok(answer.append)
    }

    fn lock_head(&self) -> Result<Box<dyn LockedHead + '_>, StoreError> {
        self.refuse_loss()?;
        let stored = |last: &SealedChange| {
            self.own.claim(last.change.revision);
        };
        Ok(Box::new(Locked::take(&self.pools, &self.options, stored)?))
    }

    fn changes_after(&self, after: Revision, limit: PageLimit) -> Result<Vec<SealedChange>, StoreError> {
        read::changes_after(&self.pools, self.lane, self.schema, after, limit)
    }

    fn tree_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError> {
        read::tree_page(&self.pools, self.lane, page, StateRow::into_config)
    }

    fn access_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Option<Config>)>, StoreError> {
        read::tree_page(&self.pools, self.lane, page, StateRow::into_access)
    }

    fn config_at(&self, name: &ConfigName, at: Revision) -> Result<Option<Config>, StoreError> {
        read::config_at(&self.pools, self.lane, name, at)
    }

    fn configs_at(
        &self,
        names: &[ConfigName],
        at: Revision,
        bytes_max: usize,
    ) -> Result<Vec<Option<Config>>, StoreError> {
        read::configs_at(&self.pools, self.lane, names, at, bytes_max)
    }

    fn names_between(
        &self,
        after: Revision,
        to: Revision,
        rows_max: usize,
    ) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
        read::names_between(&self.pools, self.lane, after, to, rows_max)
    }

    fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, StoreError> {
        read::history(&self.pools, self.lane, name, page)
    }

    fn revisions_at(&self, instants: &[Timestamp]) -> Result<Vec<Revision>, StoreError> {
        read::revisions_at(&self.pools, self.lane, instants)
    }

    fn instant_of(&self, revision: Revision) -> Result<Option<Timestamp>, StoreError> {
        read::instant_of(&self.pools, self.lane, revision)
    }

    fn hash_of(&self, revision: Revision) -> Result<Option<Hash>, StoreError> {
        read::hash_of(&self.pools, self.lane, revision)
    }

    fn find_marked(
        &self,
        keys: &[(Option<Arc<str>>, IdempotencyKey)],
        since: Timestamp,
    ) -> Result<Vec<MarkedChange>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        read::find_marked(&self.pools, self.lane, keys, since)
    }

    fn data_keys(&self, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError> {
        keys::find(&self.pools, self.lane, values)
    }

    fn data_keys_after(&self, after: Option<ValueId>, rows: usize) -> Result<Vec<DataKey>, StoreError> {
        keys::after(&self.pools, self.lane, after, rows)
    }

    fn rewrap(&self, before: &DataKey, after: &DataKey) -> Result<bool, StoreError> {
        keys::rewrap(&self.pools, &self.options, before, after)
    }

    fn for_following(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(Self { lane: Lane::Following, ..self.clone() }))
    }

    fn probe(&self) -> Result<(), StoreError> {
        let must_last =
            (self.options.access, self.options.durability) == (Access::ReadWrite, Durability::Required);
        if must_last {
            let durable = self.pools.read(self.lane, migrate::check_still_durable);
            self.loses_writes.store(matches!(durable, Err(StoreError::Misconfigured(_))), Ordering::Relaxed);
            durable?;
        }
        if self.options.access == Access::ReadWrite {
            self.pools.read(self.lane, migrate::check_may_append)?;
        }
        self.head()?;
        self.pools.look_at_readers()
    }

    fn older_schema(&self) -> Option<i64> {
        (self.schema < migrate::KNOWN).then_some(self.schema)
    }

    fn adopt(&mut self, identity: LogIdentity) -> Result<(), StoreError> {
        append::adopt(&self.pools, &self.options, &identity)?;
        self.identity = identity;
        Ok(())
    }

    /// A standby refuses LISTEN, and a pooler passes no notification: there the log is polled.
    fn watch(&self) -> Option<Box<dyn HeadWatch>> {
        if self.options.access == Access::ReadOnly {
            return None;
        }
        let direct =
            |url: &String| PostgresOptions { pooler: Pooler::None, url: url.clone(), ..self.options.clone() };
        let sessions = match self.options.listen_url.as_ref().map(direct) {
            // Checked when the store was opened.
            Some(options) => Sessions::new(&Address::parse(&options).ok()?, &options, Role::Listener),
            None if self.options.pooler == Pooler::Between => return None,
            None => Sessions::new(&self.address, &self.options, Role::Listener),
        };
        Some(Box::new(Watch::new(sessions, self.options.connect_timeout, self.own.clone())))
    }
}

/// The server's clock without asking it: what it last said, and how long ago.
struct ServerClock {
    base: Instant,
    /// The server's clock at `base`, in microseconds since 1970.
    base_us: AtomicI64,
}

impl ServerClock {
    fn new(server_us: i64) -> Self {
        Self { base: Instant::now(), base_us: AtomicI64::new(server_us) }
    }

    fn set(&self, server_us: i64) {
        self.base_us.store(server_us - micros(self.base.elapsed()), Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.base_us.load(Ordering::Relaxed) + micros(self.base.elapsed()))
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
