//! From nothing to a store that serves: open, migrate, rebuild, start the threads.
//!
//! The rebuild reads the newest event of each name up to one revision, in pages. The log never changes, so that all
//! pages are one state and no long transaction is needed. Its time grows with names, not with history, and its memory
//! with live names. A rebuild that fails is an error, never an empty tree.

use std::sync::Arc;
use std::time::{Duration, Instant};

use slog::warn;

use super::error::{Error, Kind};
use super::options::{Options, StoreLocation};
use super::secrets::Secrets;
use crate::application::read::time_travel::{exchanged, is_in, walk_tree};
use crate::domain::{Prefix, Revision};
use crate::infrastructure::access::AccessData;
use crate::infrastructure::projection::{LiveNames, LiveNamesLoading};
use crate::infrastructure::store::{Access, EventStore, Head, PageLimit, StoreError, TreePage};
use crate::runtime::stop::Stopper;

/// The first pause between two tries to reach the database; it doubles.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest pause.
const RETRY_MAX: Duration = Duration::from_secs(10);
/// Access data that are read at once.
const ACCESS_PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 4 << 20 };

/// The log that was loaded at the start.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Which store it is, for people.
    pub store: String,
    /// The head of the log.
    pub head: Head,
    /// How long the rebuild took.
    pub took: Duration,
}

/// Brings a store's schema up to this release, and nothing else.
pub fn migrate(options: &Options) -> Result<String, Error> {
    open_store(options).map(|store| store.describe())
}

/// Grants a role of PostgreSQL the rights that a server needs: to read, to append, and to change nothing that is in the
/// log. The store must be migrated, and the connection must be that of its owner.
///
/// # Errors
///
/// `Misconfigured` if the role does not exist, if this one may not grant, or if the store is embedded.
pub fn grant(options: &Options, role: &str) -> Result<(), Error> {
    match options.store {
        #[cfg(feature = "sqlite")]
        StoreLocation::File(_) | StoreLocation::Memory => {
            let text = format!("the role {role:?} can't have rights on a file: only PostgreSQL has roles");
            Err(StoreError::Misconfigured(text).into())
        }
        #[cfg(feature = "postgres")]
        StoreLocation::Postgres(ref postgres) => {
            Ok(crate::infrastructure::store::PostgresStore::grant(postgres.clone(), role)?)
        }
    }
}

/// Opens and migrates the store; waits for a database that is not there yet as long as the options say.
pub(super) fn open_store(options: &Options) -> Result<Arc<dyn EventStore>, Error> {
    let never = Stopper::new();
    let stop = options.stop.clone().unwrap_or_else(|| never.watch());
    let deadline = Instant::now().checked_add(options.patience);
    let mut pause = RETRY_FIRST;
    loop {
        let error = match open_once(&options.store, options.access) {
            Ok(store) => return Ok(store),
            Err(error) => Error::from(error),
        };
        let left =
            deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        if error.kind() != Kind::Unavailable || left.is_zero() {
            return Err(error);
        }
        warn!(options.logger, "the database is not there yet, trying again";
            "error" => %error, "pause_ms" => u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        if stop.wait(pause.min(left)) {
            return Err(Error::Stopping);
        }
        pause = (pause * 2).min(RETRY_MAX);
    }
}

fn open_once(location: &StoreLocation, access: Access) -> Result<Arc<dyn EventStore>, StoreError> {
    if access == Access::ReadOnly && location.is_embedded() {
        let what =
            "an embedded store has one server, which writes it: only PostgreSQL can be served read-only";
        return Err(StoreError::Misconfigured(what.to_owned()));
    }
    Ok(match *location {
        #[cfg(feature = "sqlite")]
        StoreLocation::File(ref path) => Arc::new(crate::infrastructure::store::SqliteStore::open(path)?),
        #[cfg(feature = "sqlite")]
        StoreLocation::Memory => Arc::new(crate::infrastructure::store::SqliteStore::in_memory()?),
        #[cfg(feature = "postgres")]
        StoreLocation::Postgres(ref options) => {
            let options = crate::infrastructure::store::PostgresOptions { access, ..options.clone() };
            Arc::new(crate::infrastructure::store::PostgresStore::open(options)?)
        }
    })
}

/// Opens the store to read it and nothing else, whatever its schema: nothing is made, migrated or locked.
pub(super) fn open_to_read(location: &StoreLocation) -> Result<Arc<dyn EventStore>, StoreError> {
    Ok(match *location {
        #[cfg(feature = "sqlite")]
        StoreLocation::File(ref path) => {
            Arc::new(crate::infrastructure::store::SqliteStore::open_to_read(path)?)
        }
        #[cfg(feature = "sqlite")]
        StoreLocation::Memory => {
            return Err(StoreError::Absent("a store in memory begins empty".to_owned()));
        }
        #[cfg(feature = "postgres")]
        StoreLocation::Postgres(ref options) => {
            Arc::new(crate::infrastructure::store::PostgresStore::open_to_read(options.clone())?)
        }
    })
}

/// Reads the tree at the head of the log, which is the live names of it, and the access data. All names are counted.
pub(super) fn load(
    store: &dyn EventStore,
    secrets: &Secrets,
) -> Result<(LiveNames, AccessData, Head), StoreError> {
    let head = store.head()?;
    let mut loading = LiveNamesLoading::default();
    let (mut names, mut events, mut planted) = (0, 0, false);
    let place = walk_tree(store, &Prefix::default(), head.revision, |name, config| {
        names += 1;
        planted |= name.is_reserved() && config.value.is_some();
        events += config.version.get();
        secrets.note_state(&config);
        loading.add(name, config);
    })?;
    if place != head.place() {
        return Err(exchanged());
    }
    if names != head.names {
        let what = format!("the log counts {} names, {names} were found", head.names);
        return Err(StoreError::corrupt(head.revision, what));
    }
    // Versions are dense from 1: an older event in the place of a name's newest one, intact in itself, shows here.
    if events != head.events {
        let what = format!("the log counts {} events, the newest ones found come to {events}", head.events);
        return Err(StoreError::corrupt(head.revision, what));
    }
    let access = load_access(store, head.revision)?;
    let access = if planted { access.with_planted_names() } else { access };
    // Read before an exchange of the log, they would be of another one.
    if is_in(store, head.place())? { Ok((loading.finish(), access, head)) } else { Err(exchanged()) }
}

/// Reads the access data at a revision.
fn load_access(store: &dyn EventStore, at: Revision) -> Result<AccessData, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = TreePage { at, prefix: &Prefix::reserved(), after: after.as_ref(), limit: ACCESS_PAGE };
        let rows = store.access_page(&page)?;
        let Some((last, _)) = rows.last() else { return Ok(AccessData::load(found)) };
        after = Some(last.clone());
        found.extend(rows.into_iter().filter_map(|(name, config)| Some((name, config?))));
    }
}
