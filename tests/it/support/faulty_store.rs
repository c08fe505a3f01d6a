//! A store that fails when a test wants it to: an error, an answer that is lost, a panic, a wait at a gate.
//!
//! It stands before a real store and does nothing else. Faults are handed out a call of their kind each, in
//! the order in which they were given; `always` holds until it is taken back.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use configapi::domain::{Config, ConfigName, IdempotencyKey, Revision, Timestamp, ValueId};
use configapi::infrastructure::store::{
    Append, DataKey, EventStore, Hash, Head, HeadWatch, HistoryPage, LockedHead, LogIdentity, MarkedChange,
    PageLimit, RecordedEvent, SealedChange, StoreError, TreePage,
};
use crossbeam_channel::{Receiver, Sender, bounded};

/// The calls that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    Append,
    ChangesAfter,
    ConfigAt,
    ConfigsAt,
    FindMarked,
    HashOf,
    Head,
    LockHead,
    /// An append under the head's lock.
    LockedAppend,
    NamesBetween,
    Probe,
    RevisionsAt,
    TreePage,
}

/// What happens at a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It does nothing and fails.
    Fail(StoreError),
    /// It is done, and nobody hears of it.
    LoseTheAnswer,
    /// It is not done, and nobody can know that.
    LoseTheCall,
    /// It does nothing and panics.
    PanicBefore,
    /// It is done, and then it panics.
    PanicAfter,
    /// It says that it has come, and waits until it is let on.
    Wait(Sender<()>, Receiver<()>),
}

/// A call that waits.
pub struct Gate {
    come: Receiver<()>,
    _open: Sender<()>,
}

/// The store.
pub struct FaultyStore {
    inner: Arc<dyn EventStore>,
    next: Mutex<HashMap<Call, VecDeque<Fault>>>,
    always: Mutex<HashMap<Call, StoreError>>,
    /// The calls of each thread, by its name.
    calls: Mutex<HashMap<String, Vec<Call>>>,
    clock: Mutex<Option<Timestamp>>,
}

pub fn unavailable() -> StoreError {
    StoreError::Unavailable("a fault of the test".to_owned())
}

fn unknown() -> StoreError {
    StoreError::OutcomeUnknown("a fault of the test".to_owned())
}

impl Gate {
    /// Waits until a call stands at it. Dropping the gate lets the call go on.
    pub fn wait_for_call(&self) {
        self.come.recv_timeout(Duration::from_mins(1)).expect("a call comes to the gate");
    }
}

impl FaultyStore {
    pub fn before(inner: Arc<dyn EventStore>) -> Arc<Self> {
        let (next, always, calls, clock) = Default::default();
        Arc::new(Self { inner, next, always, calls, clock })
    }

    /// What happens at the next call of this kind that has no fault yet.
    pub fn next(&self, call: Call, fault: Fault) {
        lock(&self.next).entry(call).or_default().push_back(fault);
    }

    /// The next call of this kind waits at a gate.
    pub fn gate(&self, call: Call) -> Gate {
        let ((come, comes), (open, opened)) = (bounded(1), bounded(0));
        self.next(call, Fault::Wait(come, opened));
        Gate { come: comes, _open: open }
    }

    /// Every call of this kind fails so from now on; none: it works again.
    pub fn always(&self, call: Call, error: Option<StoreError>) {
        let mut always = lock(&self.always);
        match error {
            Some(error) => always.insert(call, error),
            None => always.remove(&call),
        };
    }

    /// What the clock says from now on; none: the truth.
    pub fn says(&self, clock: Option<Timestamp>) {
        *lock(&self.clock) = clock;
    }

    /// How many faults have not been met yet.
    pub fn left(&self) -> usize {
        lock(&self.next).values().map(VecDeque::len).sum()
    }

    /// Takes back every fault that has not been met yet.
    pub fn forget_all(&self) {
        lock(&self.next).clear();
    }

    /// The calls of the threads of a name since this was last asked, in their order.
    pub fn take_calls_of(&self, thread: &str) -> Vec<Call> {
        lock(&self.calls).remove(thread).unwrap_or_default()
    }

    fn meet<T>(&self, call: Call, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        lock(&self.calls).entry(thread).or_default().push(call);
        if let Some(error) = lock(&self.always).get(&call) {
            return Err(error.clone());
        }
        let fault = lock(&self.next).get_mut(&call).and_then(VecDeque::pop_front);
        match fault {
            None => work(),
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::LoseTheAnswer) => work().and(Err(unknown())),
            Some(Fault::LoseTheCall) => Err(unknown()),
            Some(Fault::PanicBefore) => panic!("a panic on purpose"),
            Some(Fault::PanicAfter) => {
                let _done = work();
                panic!("a panic on purpose");
            }
            Some(Fault::Wait(come, opened)) => {
                let _nobody_looks = come.send(());
                // Opened by being closed.
                let _opened = opened.recv();
                work()
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct FaultyLock<'a> {
    store: &'a FaultyStore,
    inner: Box<dyn LockedHead + 'a>,
}

impl LockedHead for FaultyLock<'_> {
    fn head(&self) -> &Head {
        self.inner.head()
    }

    fn append(self: Box<Self>, batch: &[SealedChange]) -> Result<(), StoreError> {
        let Self { store, inner } = *self;
        store.meet(Call::LockedAppend, || inner.append(batch))
    }
}

impl EventStore for FaultyStore {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn identity(&self) -> LogIdentity {
        self.inner.identity()
    }

    fn clock(&self) -> Timestamp {
        lock(&self.clock).unwrap_or_else(|| self.inner.clock())
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.meet(Call::Head, || self.inner.head())
    }

    fn append(&self, expected: &Head, batch: &[SealedChange]) -> Result<Append, StoreError> {
        self.meet(Call::Append, || self.inner.append(expected, batch))
    }

    fn lock_head(&self) -> Result<Box<dyn LockedHead + '_>, StoreError> {
        let inner = self.meet(Call::LockHead, || self.inner.lock_head())?;
        Ok(Box::new(FaultyLock { store: self, inner }))
    }

    fn changes_after(&self, after: Revision, limit: PageLimit) -> Result<Vec<SealedChange>, StoreError> {
        self.meet(Call::ChangesAfter, || self.inner.changes_after(after, limit))
    }

    fn tree_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Config)>, StoreError> {
        self.meet(Call::TreePage, || self.inner.tree_page(page))
    }

    fn access_page(&self, page: &TreePage<'_>) -> Result<Vec<(ConfigName, Option<Config>)>, StoreError> {
        self.meet(Call::TreePage, || self.inner.access_page(page))
    }

    fn config_at(&self, name: &ConfigName, at: Revision) -> Result<Option<Config>, StoreError> {
        self.meet(Call::ConfigAt, || self.inner.config_at(name, at))
    }

    fn configs_at(
        &self,
        names: &[ConfigName],
        at: Revision,
        bytes_max: usize,
    ) -> Result<Vec<Option<Config>>, StoreError> {
        self.meet(Call::ConfigsAt, || self.inner.configs_at(names, at, bytes_max))
    }

    fn names_between(
        &self,
        after: Revision,
        to: Revision,
        rows_max: usize,
    ) -> Result<Vec<(Revision, ConfigName)>, StoreError> {
        self.meet(Call::NamesBetween, || self.inner.names_between(after, to, rows_max))
    }
    fn history(&self, name: &ConfigName, page: &HistoryPage) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.history(name, page)
    }

    fn revisions_at(&self, instants: &[Timestamp]) -> Result<Vec<Revision>, StoreError> {
        self.meet(Call::RevisionsAt, || self.inner.revisions_at(instants))
    }

    fn instant_of(&self, revision: Revision) -> Result<Option<Timestamp>, StoreError> {
        self.inner.instant_of(revision)
    }

    fn hash_of(&self, revision: Revision) -> Result<Option<Hash>, StoreError> {
        self.meet(Call::HashOf, || self.inner.hash_of(revision))
    }

    fn find_marked(
        &self,
        keys: &[(Option<Arc<str>>, IdempotencyKey)],
        since: Timestamp,
    ) -> Result<Vec<MarkedChange>, StoreError> {
        self.meet(Call::FindMarked, || self.inner.find_marked(keys, since))
    }

    fn data_keys(&self, values: &[ValueId]) -> Result<Vec<DataKey>, StoreError> {
        self.inner.data_keys(values)
    }

    fn data_keys_after(&self, after: Option<ValueId>, rows: usize) -> Result<Vec<DataKey>, StoreError> {
        self.inner.data_keys_after(after, rows)
    }

    fn rewrap(&self, before: &DataKey, after: &DataKey) -> Result<bool, StoreError> {
        self.inner.rewrap(before, after)
    }

    fn adopt(&mut self, identity: LogIdentity) -> Result<(), StoreError> {
        Arc::get_mut(&mut self.inner).expect("a store that is not shared yet").adopt(identity)
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.meet(Call::Probe, || self.inner.probe())
    }

    /// None, so that a test says when the log is looked at.
    fn watch(&self) -> Option<Box<dyn HeadWatch>> {
        None
    }
}
