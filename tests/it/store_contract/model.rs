//! What a log must hold, as simply as it can be said: the list of its changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use configapi::domain::{
    Attributes, Change, Config, ConfigName, ConfigValue, Event, IdempotencyMark, Metadata, Prefix, Revision,
    Timestamp, Version,
};
use configapi::infrastructure::store::{
    Append, ChangeId, EventStore, Head, HistoryPage, Order, PageLimit, RecordedEvent, SealedChange,
    StoreError, TreePage, seal, verify_link,
};

/// A page that ends with the log.
pub(crate) const EVERYTHING: PageLimit = PageLimit { rows: usize::MAX, bytes: usize::MAX };

/// A name with its new value; without one it is deleted.
pub(crate) type Operation<'a> = (&'a str, Option<&'a str>);

/// The changes of a log beside the store that holds them.
pub(crate) struct Log {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) head: Head,
    pub(crate) changes: Vec<SealedChange>,
    tree: BTreeMap<ConfigName, Config>,
}

impl Log {
    /// A log with nothing in it.
    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
        let head = store.head().unwrap();
        Self { store, head, changes: Vec::new(), tree: BTreeMap::new() }
    }

    /// The log that a store holds, its chain checked from the beginning.
    pub(crate) fn read(store: Arc<dyn EventStore>) -> Result<Self, StoreError> {
        let head = Head::empty(&store.identity());
        let mut log = Self { store, head, changes: Vec::new(), tree: BTreeMap::new() };
        for sealed in log.store.changes_after(Revision::ZERO, EVERYTHING)? {
            verify_link(&log.head, &sealed)?;
            log.push(sealed);
        }
        if log.head != log.store.head()? {
            return Err(StoreError::corrupt(log.head.revision, "the log does not end where its head says"));
        }
        Ok(log)
    }

    /// A change by `anonymous` on the head, a second after the one before.
    pub(crate) fn change(&self, operations: &[Operation<'_>]) -> SealedChange {
        self.change_by(Metadata::of("anonymous"), None, operations)
    }

    pub(crate) fn change_by(
        &self,
        metadata: Metadata,
        idempotency: Option<IdempotencyMark>,
        operations: &[Operation<'_>],
    ) -> SealedChange {
        let revision = self.head.revision.next();
        let events = operations.iter().map(|(name, value)| {
            let name = ConfigName::parse(name).unwrap();
            let state = self.tree.get(&name).cloned().unwrap_or_else(Config::never);
            match value {
                Some(text) => state.set(&name, ConfigValue::from_log(text).unwrap(), Attributes::NONE),
                None => state.delete(&name, state.value.clone().expect("only what is there is deleted")),
            }
        });
        let change = Change {
            revision,
            instant: instant_of(revision),
            metadata,
            idempotency,
            events: events.collect(),
        };
        seal(self.head.hash, change, fresh_id())
    }

    /// Changes one after the other, each on the one before.
    pub(crate) fn batch(&self, changes: &[&[Operation<'_>]]) -> Vec<SealedChange> {
        let mut ahead = self.fork();
        for operations in changes {
            let sealed = ahead.change(operations);
            ahead.push(sealed);
        }
        ahead.changes
    }

    /// The same log without its past, to try something out on.
    pub(crate) fn fork(&self) -> Self {
        let (store, head, tree) = (Arc::clone(&self.store), self.head.clone(), self.tree.clone());
        Self { store, head, changes: Vec::new(), tree }
    }

    /// The names that have a value at the end.
    pub(crate) fn present(&self) -> BTreeSet<String> {
        let present = self.tree.iter().filter(|(_, config)| config.value.is_some());
        present.map(|(name, _)| name.as_str().to_owned()).collect()
    }

    /// Takes a change that is stored.
    pub(crate) fn push(&mut self, sealed: SealedChange) {
        for event in &sealed.change.events {
            self.tree.insert(event.name.clone(), Config::apply(event, &sealed.change, sealed.hash.short()));
        }
        self.head = self.head.after(&sealed);
        self.changes.push(sealed);
    }

    /// Appends to the store.
    pub(crate) fn append(&mut self, batch: Vec<SealedChange>) {
        assert_eq!(self.store.append(&self.head, &batch).unwrap(), Append::Stored);
        for sealed in batch {
            self.push(sealed);
        }
    }

    /// Appends one change to the store.
    pub(crate) fn write(&mut self, operations: &[Operation<'_>]) {
        self.append(vec![self.change(operations)]);
    }

    /// The state of every name at a revision.
    pub(crate) fn tree_at(&self, at: Revision) -> BTreeMap<ConfigName, Config> {
        let changes = self.changes.iter().filter(|sealed| sealed.change.revision <= at);
        let state = |event: &Event, sealed: &SealedChange| {
            (event.name.clone(), Config::apply(event, &sealed.change, sealed.hash.short()))
        };
        changes.flat_map(|sealed| sealed.change.events.iter().map(|event| state(event, sealed))).collect()
    }

    /// A name's events up to a revision, oldest first.
    pub(crate) fn history(&self, name: &ConfigName, at: Revision) -> Vec<RecordedEvent> {
        let changes = self.changes.iter().map(|sealed| &sealed.change).filter(|change| change.revision <= at);
        let events = changes.flat_map(|change| change.events.iter().map(move |event| (change, event)));
        let own = events.filter(|(_, event)| event.name == *name);
        own.map(|(change, event)| RecordedEvent {
            event: event.clone(),
            revision: change.revision,
            instant: change.instant,
            metadata: change.metadata.clone(),
        })
        .collect()
    }
}

/// The instant of a change in these logs: a second for each revision.
pub(crate) fn instant_of(revision: Revision) -> Timestamp {
    Timestamp::from_micros(1_768_471_200_000_000 + 1_000_000 * revision.get().cast_signed())
}

/// An id that no other change has.
pub(crate) fn fresh_id() -> ChangeId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    u128::from(LAST.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

pub(crate) fn name(text: &str) -> ConfigName {
    ConfigName::parse(text).unwrap()
}

/// The tree under a prefix, by pages.
pub(crate) fn tree(
    store: &dyn EventStore,
    at: Revision,
    prefix: &str,
    limit: PageLimit,
) -> Result<Vec<Vec<(ConfigName, Config)>>, StoreError> {
    let prefix = Prefix::parse(prefix).unwrap();
    let mut pages: Vec<Vec<(ConfigName, Config)>> = Vec::new();
    loop {
        let after = pages.last().and_then(|page| page.last()).map(|(name, _)| name.clone());
        let page = store.tree_page(&TreePage { at, prefix: &prefix, after: after.as_ref(), limit })?;
        if page.is_empty() {
            return Ok(pages);
        }
        pages.push(page);
    }
}

/// The changes of a log, by pages.
pub(crate) fn changes(
    store: &dyn EventStore,
    limit: PageLimit,
) -> Result<Vec<Vec<SealedChange>>, StoreError> {
    let mut pages: Vec<Vec<SealedChange>> = Vec::new();
    loop {
        let after = pages.last().and_then(|page| page.last());
        let after = after.map_or(Revision::ZERO, |sealed| sealed.change.revision);
        let page = store.changes_after(after, limit)?;
        if page.is_empty() {
            return Ok(pages);
        }
        pages.push(page);
    }
}

/// A name's events, by pages.
pub(crate) fn history(
    store: &dyn EventStore,
    name: &ConfigName,
    order: Order,
    at: Revision,
    limit: PageLimit,
) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
    let mut pages: Vec<Vec<RecordedEvent>> = Vec::new();
    loop {
        let after: Option<Version> =
            pages.last().and_then(|page| page.last()).map(|event| event.event.version);
        let page = store.history(name, &HistoryPage { order, after, at, limit })?;
        if page.is_empty() {
            return Ok(pages);
        }
        pages.push(page);
    }
}
