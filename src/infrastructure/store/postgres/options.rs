//! How to reach the database, and how long to wait for it.

use std::fmt;
use std::time::Duration;

use crate::infrastructure::store::Access;

/// What to do about a server whose settings can lose acknowledged writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Refuse to start on it.
    Required,
    /// Take it as it is: for tests and throw-away logs.
    AcceptLoss,
}

/// What is between this program and PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing that a session would notice.
    None,
    /// A pooler that may switch sessions between transactions, such as `PgBouncer`: settings are made in each transaction,
    /// nothing is prepared, and no notification comes.
    Between,
}

/// How to reach the database, and how long to wait for it. Every wait has an end.
///
/// What the URL itself says (`connect_timeout`, `application_name`, `options`, …) goes before what is here.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgresql://user:password@host:5432/database`, or `host=… dbname=…`; several hosts may be named.
    pub url: String,
    /// Connections that append. Default 2, so that one that broke does not hold up the next append.
    pub writers: u32,
    /// Connections that read the past. Default 4: reads of now never come here, those of the past are few at a time.
    pub readers: u32,
    /// Connections that read what writes, following and health wait for. Default 2: the log thread and the probe.
    pub followers: u32,
    /// To wait for a connection to be made, each host by itself. Default 2 s.
    pub connect_timeout: Duration,
    /// To wait for a connection of the pool. Default 1 s: who waits longer is told to come again.
    pub checkout_timeout: Duration,
    /// To wait for the head's lock while another server appends. Default 1 s: an append takes milliseconds.
    pub lock_timeout: Duration,
    /// For one append, answer included; a second more for each [`Self::APPEND_BYTES_PER_SECOND`]. Default 5 s.
    pub append_timeout: Duration,
    /// For one page of a read, answer included. Default 10 s: a page is at most some megabytes.
    pub read_timeout: Duration,
    /// For all migrations together. Default 10 min: a later release may have to rewrite a long log.
    pub migrate_timeout: Duration,
    /// What may be done with the log. Default [`Access::ReadWrite`].
    pub access: Access,
    /// Whether a pooler of transactions is between. Default [`Pooler::None`]; opening a store finds one by itself.
    pub pooler: Pooler,
    /// Where notifications of other servers' appends come from behind a pooler, which does not pass them: PostgreSQL
    /// itself. Default none: the log is polled.
    pub listen_url: Option<String>,
    /// Whether a server that can lose acknowledged writes is refused. Default [`Durability::Required`].
    pub durability: Durability,
}

impl PostgresOptions {
    /// The slowest link and disk that a large append is given time for, in bytes a second.
    pub const APPEND_BYTES_PER_SECOND: usize = 8 << 20;

    /// The defaults, for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            writers: 2,
            readers: 4,
            followers: 2,
            connect_timeout: Duration::from_secs(2),
            checkout_timeout: Duration::from_secs(1),
            lock_timeout: Duration::from_secs(1),
            append_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            migrate_timeout: Duration::from_mins(10),
            access: Access::ReadWrite,
            pooler: Pooler::None,
            listen_url: None,
            durability: Durability::Required,
        }
    }
}

impl fmt::Debug for PostgresOptions {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("url", &"(redacted)")
            .field("writers", &self.writers)
            .field("readers", &self.readers)
            .field("followers", &self.followers)
            .field("access", &self.access)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}
