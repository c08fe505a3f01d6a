//! Repeated requests: their result is that of the first one, read from the change that it made.
//!
//! The log thread only finds that a key was used, and at which revision. A change may have ten thousand events, and all
//! writers would wait while it is read. So the caller that waits for the write reads it, on the pool or on its own
//! thread, in two statements (`a_repeat_of_ten_thousand_events_is_not_read_by_the_log_thread`). It is read at a
//! revision: it is the first result, whatever was written since.

use std::sync::Arc;

use super::written::{Written, outcomes, shredded};
use crate::application::error::Error;
use crate::application::read::time_travel::exchanged;
use crate::domain::{Change, Config, ConfigName, IdempotencyMark, Revision};
use crate::infrastructure::store::{EventStore, MarkedChange, PageLimit, SealedChange, StoreError};

/// Names and values that are read by one statement, in bytes: a large change takes some more statements, and no page
/// of a driver becomes larger.
const STATES_BYTES_MAX: usize = 32 << 20;

/// A request that repeats an earlier one. [`ConfigStore::first_answer`](crate::application::ConfigStore::first_answer)
/// reads the answer of that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated(MarkedChange);

impl Repeated {
    /// A repetition of the request that made a change.
    pub(super) fn of(marked: MarkedChange) -> Self {
        Self(marked)
    }

    /// The change that the first request made.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// The mark of both requests.
    pub(super) fn mark(&self) -> &IdempotencyMark {
        &self.0.mark
    }

    /// The answer of the first request. Blocks on the store.
    pub(in crate::application) fn first_answer(&self, store: &dyn EventStore) -> Result<Written, Error> {
        self.read(store).map_err(|error| match error {
            StoreError::Corrupt { .. } => error.into(),
            // It is in the log, whether that can be read now or not: never "nothing was written".
            _ => Error::OutcomeUnknown,
        })
    }

    fn read(&self, store: &dyn EventStore) -> Result<Written, StoreError> {
        let revision = self.revision();
        let sealed = self.find(store)?;
        let names: Vec<ConfigName> = sealed.change.events.iter().map(|event| event.name.clone()).collect();
        let states = states_at(store, &names, revision.previous())?;
        // The states before it are of another log where the change is not the same any more.
        if store.hash_of(revision)? != Some(sealed.hash) {
            return Err(exchanged());
        }
        let mut before = states.into_iter();
        let outcomes = outcomes(&sealed, |_| before.next().flatten());
        let shredded = shredded(&sealed.change);
        Ok(Written { revision: Some(revision), head: revision, outcomes, shredded })
    }

    /// The change. Another one is there after the log was exchanged.
    fn find(&self, store: &dyn EventStore) -> Result<SealedChange, StoreError> {
        let revision = self.revision();
        let one = PageLimit { rows: 1, bytes: usize::MAX };
        let found = store.changes_after(revision.previous(), one)?.into_iter().next();
        match found.filter(|sealed| sealed.change.revision == revision) {
            Some(sealed) if self.made(&sealed.change) => Ok(sealed),
            None if store.head()?.revision >= revision => {
                Err(StoreError::corrupt(revision, "a change that an idempotency key names is missing"))
            }
            _ => Err(exchanged()),
        }
    }

    fn made(&self, change: &Change) -> bool {
        let MarkedChange { actor_id, mark, .. } = &self.0;
        change.idempotency.as_ref() == Some(mark) && change.metadata.actor_id == *actor_id
    }
}

/// The states of names at a revision, in their order, in few statements.
pub(super) fn states_at(
    store: &dyn EventStore,
    names: &[ConfigName],
    at: Revision,
) -> Result<Vec<Option<Arc<Config>>>, StoreError> {
    let mut states = Vec::with_capacity(names.len());
    while states.len() < names.len() {
        let page = store.configs_at(&names[states.len()..], at, STATES_BYTES_MAX)?;
        if page.is_empty() {
            return Err(StoreError::Unexpected("a page of states has no state".into()));
        }
        states.extend(page.into_iter().map(|config| config.map(Arc::new)));
    }
    Ok(states)
}
