//! The facade: everything that a caller can ask of a configuration store.
//!
//! Reads of now come from the projection and never touch the store; reads of the past, the feed behind the
//! ring and `history` read it and may block. Writes go to the log thread: [`ConfigStore::submit`] returns at
//! once and calls back, [`ConfigStore::write`] waits.

mod changes;
mod past;
mod warnings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::bounded;
use parking_lot::Mutex;
use slog::warn;

use super::audit::denied::{Denials, denials};
use super::audit::reveals::{Reveals, reveals};
use super::audit::{self, AuditThread, open_sink};
use super::boot::{Loaded, load, open_store};
use super::error::Error;
use super::health::{Health, Level, Vital};
use super::options::Options;
use super::secrets::Secrets;
use super::threads::{Bodies, Stops, Threads};
use crate::application::read::feed::Feed;
use crate::application::read::time_travel::ListQuery;
use crate::application::write::completions::completions;
use crate::application::write::entrance::Entrance;
use crate::application::write::log_thread::LogThread;
use crate::application::write::queue::{self, Completion, Intent, Ticket, Write};
use crate::application::write::repeat::Repeated;
use crate::application::write::replica::{Observers, Replica};
use crate::application::write::written::Written;
use crate::domain::{
    Command, Config, ConfigName, ConfigValue, GivenPlace, Metadata, Operation, Place, Point, Principal,
    Revision, Scope, SecretNames, Timestamp,
};
use crate::infrastructure::access::LiveAccess;
use crate::infrastructure::audit::Fingerprints;
use crate::infrastructure::encryption::Keys;
use crate::infrastructure::projection::{At, Everything, Listing, Projection, Sight, Taken};
use crate::infrastructure::store::{EventStore, HistoryPage, RecordedEvent};

/// A configuration store. Dropped, it answers what it has accepted, stops its threads and closes the log.
///
/// Its methods block (but for reads of now and [`submit`](Self::submit)); the PostgreSQL driver runs a small
/// runtime of its own inside, so none may be called on a thread of an async runtime.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use configapi::{ConfigName, ConfigStore, Metadata, Options};
///
/// let store = ConfigStore::open(&Options::memory())?;
/// let name = ConfigName::parse("app/prod/db_url")?;
/// store.put(&name, "postgresql://db.internal/app", Metadata::of("deploy"))?;
/// let config = store.get(&name).found.expect("it was just put");
/// assert_eq!(config.text(), Some("postgresql://db.internal/app"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ConfigStore {
    store: Arc<dyn EventStore>,
    reads: Projection,
    access: Arc<LiveAccess>,
    writes: Entrance,
    feed: Arc<Feed>,
    vital: Arc<Vital>,
    loaded: Loaded,
    secrets: Arc<Secrets>,
    reveals: Reveals,
    denials: Denials,
    options: Options,
    reopen_audit: Arc<AtomicBool>,
    threads: Mutex<Threads>,
}

impl ConfigStore {
    /// Opens the log, rebuilds the tree and starts the threads.
    ///
    /// # Errors
    /// [`Error::Store`] if the store can't be opened, is damaged, or is in use; [`Error::Misconfigured`] for
    /// settings that make no sense.
    pub fn open(options: &Options) -> Result<Self, Error> {
        Self::over(open_store(options)?, options)
    }

    /// The same over a store that is open already: for tests that break it on purpose.
    pub fn over(store: Arc<dyn EventStore>, options: &Options) -> Result<Self, Error> {
        let began = Instant::now();
        let level = if store.is_level().unwrap_or(false) { Level::Known } else { Level::Unknown };
        let access = Arc::new(LiveAccess::default());
        let marks = Arc::clone(&access) as Arc<dyn SecretNames>;
        let secrets = Arc::new(Secrets::load(&store, options.keys.clone(), marks)?);
        secrets.announce(&options.logger);
        let (names, access_data, head) = load(store.as_ref(), &secrets)?;
        access.replace(access_data);
        let loaded = Loaded { store: store.describe(), head: head.clone(), took: began.elapsed() };

        let limits = &options.limits;
        let (queue, exit) = queue::queue(limits.queue_commands_max, limits.queue_bytes_max);
        let feed = Arc::new(Feed::new(&head, limits.recent_changes_max, limits.recent_bytes_max));
        let vital = Arc::new(Vital::new(&head, level));
        let (audited, to_audit) = bounded(limits.audit_queue_max);
        let ((reveals, to_record), (denials, denied)) = (reveals(), denials());
        let (wake, woken) = bounded(1);
        let stops = Stops::default();

        warnings::of_files(store.as_ref(), &options.logger);
        let mut sink = open_sink(&options.audit, store.as_ref(), &options.logger)?;
        let reopen_audit = Arc::new(AtomicBool::new(false));
        let audit = AuditThread {
            store: Arc::clone(&store),
            feed: Arc::clone(&feed),
            changes: to_audit,
            reveals: to_record,
            denied,
            checkpoint: audit::begin(sink.as_mut(), store.as_ref(), &head, &options.logger)?,
            rewound: None,
            sink,
            fingerprints: Fingerprints::new(store.identity().fingerprint_key),
            secrets: Arc::clone(&secrets),
            reopen: Arc::clone(&reopen_audit),
            stop: stops.audit.watch(),
            logger: options.logger.clone(),
        };
        let observers = Observers {
            feed: Arc::clone(&feed),
            audit: audited,
            vital: Arc::clone(&vital),
            secrets: Arc::clone(&secrets),
            access: Arc::clone(&access),
        };
        let (loaded_tree, logger) = ((names, head), options.logger.clone());
        let following = store.for_following().unwrap_or_else(|| Arc::clone(&store));
        let replica =
            Replica::new(Arc::clone(&following), loaded_tree, options.consistency, observers, logger);
        let (reads, tree) = (replica.reads(), replica.tree().clone());
        warnings::of_access(&access, &reads, &options.logger);
        let limits = *limits;
        let (shared, followed) = (Arc::clone(&store), Arc::clone(&feed));
        let writes = Entrance {
            store: shared,
            queue,
            feed: followed,
            tree,
            access: options.access,
            live_access: Arc::clone(&access),
            limits,
            secrets: Arc::clone(&secrets),
        };
        let (completions, handed) = completions();
        let deciding = Arc::clone(&secrets);
        let log = LogThread::new(replica, exit, woken, completions, deciding, limits, stops.log.watch());
        let threads =
            Threads::start(&following, &vital, options, Bodies { log, handed, audit, wake }, stops)?;
        threads.workers().for_each(|worker| vital.watch(worker.vitals()));
        let (options, threads) = (options.clone(), Mutex::new(threads));
        Ok(Self {
            store,
            reads,
            access,
            writes,
            feed,
            vital,
            loaded,
            secrets,
            reveals,
            denials,
            options,
            reopen_audit,
            threads,
        })
    }

    /// Has the audit go on in a new file if its file was moved away: for rotation. Returns at once.
    pub fn reopen_audit(&self) {
        self.reopen_audit.store(true, Ordering::Relaxed);
    }

    /// Goes on with other keys of secrets, such as those of a key file after a rotation.
    pub fn replace_keys(&self, keys: Keys) -> Result<(), Error> {
        Ok(self.secrets.replace_keys(keys)?)
    }

    /// The log that was loaded at the start, and where it is.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The settings that it was opened with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// One name's state now; nothing where it has no value. Never blocks on the store, for an absent name neither:
    /// whether it was deleted or never was is in its history.
    pub fn get(&self, name: &ConfigName) -> At<Option<Arc<Config>>> {
        self.reads.config(name)
    }

    /// The names that have a value now. Never blocks on the store.
    pub fn list(&self, query: &ListQuery) -> At<Listing> {
        self.list_visible(query, &Everything)
    }

    /// The same as if only the names were there that a reader may see.
    pub(super) fn list_visible(&self, query: &ListQuery, sight: &impl Sight) -> At<Listing> {
        self.reads.list_visible(&query.prefix, query.after.as_ref(), query.limit, sight)
    }

    /// All names of a list of now, to be looked through; its limit does not count.
    pub(super) fn take(&self, query: &ListQuery, sight: &impl Sight) -> Taken {
        self.reads.take(&query.prefix, query.after.as_ref(), usize::MAX, sight)
    }

    /// The last revision that reads of now see.
    pub fn applied(&self) -> Revision {
        self.reads.checkpoint()
    }

    /// The last revision that this server has taken in: in `restart` mode beyond what reads of now see.
    pub fn followed(&self) -> Revision {
        self.feed.head()
    }

    /// Sets a value and waits until that is durable.
    pub fn put(&self, name: &ConfigName, value: &str, metadata: Metadata) -> Result<Written, Error> {
        let value = self.parse_value(value)?;
        self.write(Write::new(Command::Single(Operation::set(name.clone(), value)), metadata))
    }

    /// Deletes a name and waits until that is durable.
    pub fn delete(&self, name: &ConfigName, metadata: Metadata) -> Result<Written, Error> {
        self.write(Write::new(Command::Single(Operation::delete(name.clone())), metadata))
    }

    /// Does a command and waits for its outcome, as long as the options' `write_wait`.
    pub fn write(&self, write: Write) -> Result<Written, Error> {
        self.writes.write(write)
    }

    /// Hands a command to the log thread and returns at once; `completion` gets the outcome, a refusal too. Values with a
    /// schema are validated first, on the caller's thread.
    pub fn submit(&self, write: Write, completion: Completion) -> Ticket {
        self.writes.submit(write, completion)
    }

    /// The answer of the request that a write repeats. Reads the store.
    ///
    /// # Errors
    /// [`Error::OutcomeUnknown`] if it can't be read now: ask again with the same key.
    pub fn first_answer(&self, repeated: &Repeated) -> Result<Written, Error> {
        self.writes.first_answer(repeated)
    }

    /// Reads a value under this store's limit.
    pub fn parse_value(&self, text: &str) -> Result<ConfigValue, Error> {
        Ok(ConfigValue::parse(text, self.options.value_bytes_max)?)
    }

    /// A page of a name's events.
    pub fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, Error> {
        Ok(self.store.history(name, page)?)
    }

    /// The write that makes a scope equal to what it was at a point of the whole log, whatever this server has
    /// seen of it. Reads the store.
    ///
    /// # Errors
    /// [`Error::Behind`] for a revision that the log does not have. Nothing was written, whatever the error.
    pub fn plan_restore(&self, scope: Scope, to: Point, metadata: Metadata) -> Result<Write, Error> {
        self.writes.plan_restore(Arc::new(Principal::unlimited(&metadata.actor)), scope, to, metadata)
    }

    /// A restore that was refused with [`Error::PlanMoved`], planned again. Reads the store.
    ///
    /// # Errors
    /// [`Error::Overloaded`] where it was planned too often.
    pub fn plan_again(&self, write: Write) -> Result<Write, Error> {
        self.writes.plan_again(write)
    }

    /// The changes that a restore would make on the head that it was planned on. Reads the store; no write waits for it.
    pub fn dry_run(&self, planned: &Write) -> Result<Written, Error> {
        self.writes.dry_run(planned)
    }

    /// The access data at the head that this server follows.
    pub(crate) fn access(&self) -> &Arc<LiveAccess> {
        &self.access
    }

    /// For the view of a principal.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// For the view of a principal.
    pub(super) fn reveals(&self) -> &Reveals {
        &self.reveals
    }

    /// For the view of a principal.
    pub(super) fn denials(&self) -> &Denials {
        &self.denials
    }

    /// For the view of a principal.
    pub(super) fn writes(&self) -> &Entrance {
        &self.writes
    }

    /// Makes a scope equal to what it was at a point, as one change; what differs then from before.
    pub fn restore(
        &self,
        scope: Scope,
        to: Point,
        metadata: Metadata,
        intent: Intent,
    ) -> Result<Written, Error> {
        let write = Write { intent, ..self.plan_restore(scope, to, metadata)? };
        if intent == Intent::DryRun { self.dry_run(&write) } else { self.write(write) }
    }

    /// The last change that this server has taken in.
    pub fn head(&self) -> Place {
        self.feed.head_place()
    }

    /// The same place with its hash, if memory knows it.
    pub fn anchored(&self, given: GivenPlace) -> GivenPlace {
        self.feed.anchored(given)
    }

    /// Whether the service works; only reads what its threads have noted.
    pub fn health(&self) -> Health {
        self.vital.health(self.applied(), self.followed())
    }

    /// Why the process had better end: the store refuses to go on. None while it can.
    pub fn failure(&self) -> Option<String> {
        self.vital.failure()
    }

    /// Fingerprints under this log's key, as they stand in audit records.
    pub fn fingerprints(&self) -> Fingerprints {
        Fingerprints::new(self.store.identity().fingerprint_key)
    }

    /// Answers what was accepted, stops the threads and flushes the audit, as dropping does: for a program that
    /// shares the store and ends when this returns. Later writes are refused; reads of now go on.
    pub fn stop(&self) {
        self.threads.lock().stop();
        if let Err(error) = self.store.checkpoint_files() {
            // Nothing is lost: the next one to open the store does it.
            warn!(self.options.logger, "the store's files are left as they are"; "error" => %error);
        }
    }

    /// The log's clock, or the head's instant if that is later.
    pub fn now(&self) -> Timestamp {
        let head = self.feed.head_instant();
        self.store.clock().max(head)
    }

    /// Whether the log is in this process: then a full store is this machine's trouble.
    pub fn is_embedded(&self) -> bool {
        self.options.store.is_embedded()
    }
}

impl Drop for ConfigStore {
    fn drop(&mut self) {
        self.stop();
    }
}
