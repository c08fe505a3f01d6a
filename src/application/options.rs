//! Settings of a store, each with its unit, its default and the reason for it.

use std::path::PathBuf;
use std::time::Duration;

use slog::{Discard, Logger, o};

use crate::domain::VALUE_BYTES_MAX_DEFAULT;
use crate::infrastructure::encryption::Keys;
use crate::infrastructure::store::Access;
use crate::runtime::stop::Stop;

/// Everything that [`ConfigStore::open`](super::ConfigStore::open) needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the log is.
    pub store: StoreLocation,
    /// Whether it may be written.
    pub access: Access,
    /// Whether reads see later writes.
    pub consistency: Consistency,
    /// The longest value that is accepted, in bytes. Default 1 MiB: configuration, not files.
    pub value_bytes_max: usize,
    /// Where audit records go.
    pub audit: AuditSink,
    /// The keys that encrypt secrets. Default none: they are stored in clear.
    pub keys: Option<Keys>,
    /// Where the log of the program goes; silent by default.
    pub logger: Logger,
    /// How long to wait for a database that is not there yet. Default: one try; `Duration::MAX` is for ever.
    pub patience: Duration,
    /// Ends the wait for the database early.
    pub stop: Option<Stop>,
    /// Limits on queues, batches and waits.
    pub limits: Limits,
}

/// Where the log is.
#[derive(Clone, Debug)]
pub enum StoreLocation {
    /// The embedded store, in a file.
    #[cfg(feature = "sqlite")]
    File(PathBuf),
    /// The embedded store, in memory: gone with the process.
    #[cfg(feature = "sqlite")]
    Memory,
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(crate::infrastructure::store::PostgresOptions),
}

impl StoreLocation {
    /// Whether the log is in this process, and not in a database server.
    pub fn is_embedded(&self) -> bool {
        match *self {
            #[cfg(feature = "sqlite")]
            Self::File(_) | Self::Memory => true,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
        }
    }
}

/// The state that reads of now see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Every write at once, before it is acknowledged.
    #[default]
    Live,
    /// The log as it was when the server started.
    Restart,
}

/// Where audit records go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AuditSink {
    /// To the program's log, best effort.
    #[default]
    Log,
    /// As JSON lines to a file, every change at least once and in order; goes on where the file ends.
    File(PathBuf),
}

/// Limits on queues, batches and waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Writes that may wait for the log thread. Default 16,384: as many as connections.
    pub queue_commands_max: usize,
    /// Bytes of memory that the writes may hold that wait for it. Default 256 MiB.
    pub queue_bytes_max: usize,
    /// Writes in one batch. Default 1,024: past some 500 a batch gets no cheaper a write.
    pub batch_commands_max: usize,
    /// Bytes of memory that the writes of one batch may hold. Default 16 MiB; one command may be larger.
    pub batch_bytes_max: usize,
    /// How long a blocking write waits for its outcome. Default 10 s.
    pub write_wait: Duration,
    /// How often the log is looked at for what other servers wrote, behind the notifications. Default 1 s.
    pub poll_interval: Duration,
    /// How often the database is probed for health. Default 500 ms: health is true within two seconds.
    pub probe_interval: Duration,
    /// Changes that the feed keeps in memory for watchers that are nearly up to date. Default 4,096.
    pub recent_changes_max: usize,
    /// Bytes of the same. Default 32 MiB.
    pub recent_bytes_max: usize,
    /// Changes that may wait for the audit thread; more are read from the log. Default 8,192.
    pub audit_queue_max: usize,
    /// How long an idempotency key is remembered. Default 24 h.
    pub idempotency_window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_commands_max: 16_384,
            queue_bytes_max: 256 << 20,
            batch_commands_max: 1_024,
            batch_bytes_max: 16 << 20,
            write_wait: Duration::from_secs(10),
            poll_interval: Duration::from_secs(1),
            probe_interval: Duration::from_millis(500),
            recent_changes_max: 4_096,
            recent_bytes_max: 32 << 20,
            audit_queue_max: 8_192,
            idempotency_window: Duration::from_hours(24),
        }
    }
}

impl Options {
    /// The defaults over a store.
    pub fn new(store: StoreLocation) -> Self {
        Self {
            store,
            access: Access::default(),
            consistency: Consistency::default(),
            value_bytes_max: VALUE_BYTES_MAX_DEFAULT,
            audit: AuditSink::default(),
            keys: None,
            logger: Logger::root(Discard, o!()),
            patience: Duration::ZERO,
            stop: None,
            limits: Limits::default(),
        }
    }

    /// The embedded store in a file, made if it is missing.
    #[cfg(feature = "sqlite")]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(StoreLocation::File(path.into()))
    }

    /// The embedded store in memory.
    #[cfg(feature = "sqlite")]
    pub fn memory() -> Self {
        Self::new(StoreLocation::Memory)
    }

    /// PostgreSQL at a connection string: `postgresql://user@host/database`.
    #[cfg(feature = "postgres")]
    pub fn postgres(url: &str) -> Self {
        let options = crate::infrastructure::store::PostgresOptions::new(url);
        Self::new(StoreLocation::Postgres(options))
    }

    /// The same with another consistency.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// The same with a logger.
    #[must_use]
    pub fn logger(mut self, logger: Logger) -> Self {
        self.logger = logger;
        self
    }

    /// The same with keys that encrypt secrets.
    #[must_use]
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// The same with another place for audit records.
    #[must_use]
    pub fn audit(mut self, audit: AuditSink) -> Self {
        self.audit = audit;
        self
    }
}
