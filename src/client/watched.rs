//! Values that follow the server: the state of some prefixes, always at one revision.
//!
//! A thread of its own follows the event stream. A change of some names is read by name at the revision of the change,
//! one of many names by the list. A reader gets the newest whole state from memory, never a part of a change. While
//! the server can't be reached the last state stays, with its age.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

use super::cache::{Cache, Cached};
use super::call::Client;
use super::error::Error;
use super::item::Item;
use super::list::Read;
use super::stream::{Message, News, revision_of_place};
use crate::domain::{Point, Revision};
use crate::runtime::stop::{Stop, Stopper};

/// Changes with more names than this are read by the list.
const NAMES_MAX: usize = 16;
/// The wait before the stream is opened again; it doubles with each failure.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The values under some prefixes at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    revision: Revision,
    items: BTreeMap<String, Item>,
}

/// Gets each new state.
pub type OnChange = Box<dyn FnMut(&Arc<Snapshot>) + Send>;

/// How values are followed.
#[derive(Default)]
pub struct WatchSettings {
    /// The prefixes; all values if there is none.
    pub prefixes: Vec<String>,
    /// Asks for the values of secrets. The server records each read.
    pub reveal: bool,
    /// A file with the last good state, for starts without a server. It is for its owner alone, and in clear.
    pub last_good: Option<PathBuf>,
    /// Called on the following thread with each new state.
    pub on_change: Option<OnChange>,
}

/// Values that follow the server.
pub struct Watched {
    shared: Arc<Shared>,
    // The following thread ends when this is dropped.
    _stopper: Stopper,
}

struct Shared {
    state: RwLock<State>,
    /// The newest failure to follow; none while it follows.
    failure: Mutex<Option<Error>>,
}

struct State {
    snapshot: Arc<Snapshot>,
    /// When the server last said that this is its newest state.
    confirmed: Instant,
}

struct Follower {
    client: Client,
    settings: WatchSettings,
    cache: Option<Cache>,
    shared: Arc<Shared>,
    stop: Stop,
    place: Option<String>,
}

impl State {
    /// One that the server has now.
    fn new(snapshot: Snapshot) -> Self {
        Self { snapshot: Arc::new(snapshot), confirmed: Instant::now() }
    }
}

impl Snapshot {
    /// The states of some names at a revision.
    pub(crate) fn of(revision: Revision, items: Vec<Item>) -> Self {
        let items = items.into_iter().map(|item| (item.name().to_owned(), item)).collect();
        Self { revision, items }
    }

    /// The revision that all values are at.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The state of a name.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.get(name)
    }

    /// The value of a name, unless it is masked.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.item(name)?.text()
    }

    /// All states, sorted by name.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Reads the values under prefixes, all at one revision.
    pub(crate) fn load(client: &Client, prefixes: &[String], read: &Read) -> Result<Self, Error> {
        let mut loaded = Self::default();
        let (mut at, mut is_first) = (read.at, true);
        let everything = [String::new()];
        for prefix in if prefixes.is_empty() { &everything } else { prefixes } {
            let mut items = client.list_with(prefix, &Read { at, ..read.clone() });
            items.begin()?;
            if is_first {
                let revision = items
                    .revision()
                    .ok_or_else(|| client.not_of_the_contract("it has no Config-Revision"))?;
                (loaded.revision, at, is_first) = (revision, Some(Point::Revision(revision)), false);
            }
            for item in items {
                let item = item?;
                loaded.items.insert(item.name().to_owned(), item);
            }
        }
        Ok(loaded)
    }
}

impl Watched {
    /// Reads the values under a prefix, and follows them.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn new(client: Client, prefix: &str) -> Result<Self, Error> {
        Self::with(client, WatchSettings { prefixes: vec![prefix.to_owned()], ..WatchSettings::default() })
    }

    /// Reads values, and follows them. While the server can't be reached it begins with the last good state of the file.
    ///
    /// # Errors
    /// The server refuses, or it can't be reached and there is no last good state.
    pub fn with(client: Client, mut settings: WatchSettings) -> Result<Self, Error> {
        let cache = settings.last_good.take().map(|path| Cache {
            path,
            server: client.place().to_owned(),
            prefixes: settings.prefixes.clone(),
            point: None,
            sealer: None,
        });
        let read = Read { reveal: settings.reveal, ..Read::default() };
        match Snapshot::load(&client, &settings.prefixes, &read) {
            Ok(snapshot) => {
                if let Some(cache) = &cache {
                    cache.save(&snapshot).map_err(|error| Error::Invalid(error.to_string()))?;
                }
                Self::begin(client, settings, cache, State::new(snapshot), None)
            }
            Err(error) if error.is_unavailable() => {
                let cached = cache.as_ref().and_then(|cache| cache.load(None).ok());
                let Some(Cached { snapshot, age }) = cached else { return Err(error) };
                let confirmed = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
                let state = State { confirmed, ..State::new(snapshot) };
                Self::begin(client, settings, cache, state, Some(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Follows from a state that was read before.
    pub(crate) fn follow(client: Client, settings: WatchSettings, snapshot: Snapshot) -> Result<Self, Error> {
        Self::begin(client, settings, None, State::new(snapshot), None)
    }

    fn begin(
        client: Client,
        settings: WatchSettings,
        cache: Option<Cache>,
        state: State,
        failure: Option<Error>,
    ) -> Result<Self, Error> {
        let place = Some(state.snapshot.revision.to_string());
        let shared = Arc::new(Shared { state: RwLock::new(state), failure: Mutex::new(failure) });
        let stopper = Stopper::new();
        let (shared_too, stop) = (Arc::clone(&shared), stopper.watch());
        let follower = Follower { client, settings, cache, shared: shared_too, stop, place };
        let thread = thread::Builder::new().name("config-watch".into());
        let started = thread.spawn(move || follower.run());
        started.map_err(|error| Error::Invalid(format!("a thread can't be started: {error}")))?;
        Ok(Self { shared, _stopper: stopper })
    }

    /// The newest state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.state.read().snapshot)
    }

    /// The value of a name in the newest state.
    pub fn get(&self, name: &str) -> Option<String> {
        self.shared.state.read().snapshot.get(name).map(str::to_owned)
    }

    /// The revision of the newest state.
    pub fn revision(&self) -> Revision {
        self.shared.state.read().snapshot.revision
    }

    /// How long ago the server last said that this is its newest state. It says so at least every 15 s.
    pub fn age(&self) -> Duration {
        self.shared.state.read().confirmed.elapsed()
    }

    /// Why the server is not followed now; none while it is.
    pub fn failure(&self) -> Option<Error> {
        self.shared.failure.lock().clone()
    }
}

impl Follower {
    fn run(mut self) {
        let prefix = common_prefix(&self.settings.prefixes);
        let mut pause = PAUSE;
        while !self.stop.is_stopping() {
            let outcome = self.follow(&prefix, &mut pause);
            if let Err(error) = outcome {
                *self.shared.failure.lock() = Some(error);
            }
            if self.stop.wait(pause) {
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Follows one connection to its end.
    fn follow(&mut self, prefix: &str, pause: &mut Duration) -> Result<(), Error> {
        let mut stream = self.client.stream(prefix, self.place.as_deref())?;
        *pause = PAUSE;
        *self.shared.failure.lock() = None;
        while let Some(Message { place, what }) = stream.next_message()? {
            if self.stop.is_stopping() {
                return Ok(());
            }
            match what {
                News::Change(change) => {
                    let names = change.events.iter().map(|event| event.name().to_owned());
                    let names: Vec<_> = names.filter(|name| self.concerns(name)).collect();
                    self.update(change.revision, &names)?;
                }
                News::Reset => self.reload(None)?,
                News::Heartbeat => self.confirm(place.as_deref().and_then(revision_of_place)),
            }
            // Only now: a change that could not be read is read again after the next connection.
            self.place = place.or(self.place.take());
        }
        Ok(())
    }

    fn concerns(&self, name: &str) -> bool {
        let prefixes = &self.settings.prefixes;
        prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    fn update(&mut self, revision: Revision, names: &[String]) -> Result<(), Error> {
        if names.is_empty() {
            self.confirm(Some(revision));
            return Ok(());
        }
        if names.len() > NAMES_MAX {
            return self.reload(Some(revision));
        }
        let mut changed = Snapshot::clone(&self.shared.state.read().snapshot);
        let read =
            Read { at: Some(Point::Revision(revision)), reveal: self.settings.reveal, ..Read::default() };
        for name in names {
            match self.client.get_shown(name, &read)? {
                Some(item) => drop(changed.items.insert(name.clone(), item)),
                None => drop(changed.items.remove(name)),
            }
        }
        changed.revision = revision;
        self.publish(changed);
        Ok(())
    }

    fn reload(&mut self, revision: Option<Revision>) -> Result<(), Error> {
        let read =
            Read { at: revision.map(Point::Revision), reveal: self.settings.reveal, ..Read::default() };
        let loaded = Snapshot::load(&self.client, &self.settings.prefixes, &read)?;
        self.publish(loaded);
        Ok(())
    }

    fn publish(&mut self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        *self.shared.state.write() = State { snapshot: Arc::clone(&snapshot), confirmed: Instant::now() };
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.save(&snapshot)) {
            // The state is served all the same.
            *self.shared.failure.lock() = Some(Error::Invalid(error.to_string()));
        }
        if let Some(call) = &mut self.settings.on_change {
            call(&snapshot);
        }
    }

    fn confirm(&self, revision: Option<Revision>) {
        let mut state = self.shared.state.write();
        state.confirmed = Instant::now();
        if let Some(revision) = revision.filter(|revision| *revision > state.snapshot.revision) {
            Arc::make_mut(&mut state.snapshot).revision = revision;
        }
    }
}

/// The longest text that all prefixes begin with: the stream's own prefix.
fn common_prefix(prefixes: &[String]) -> String {
    let Some((first, rest)) = prefixes.split_first() else { return String::new() };
    let mut end = first.len();
    for other in rest {
        let same = first.char_indices().zip(other.chars()).take_while(|((_, one), other)| one == other);
        end = end.min(same.last().map_or(0, |((at, one), _)| at + one.len_utf8()));
    }
    first[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_prefix_is_what_all_prefixes_begin_with() {
        let common =
            |texts: &[&str]| common_prefix(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        assert_eq!(common(&[]), "");
        assert_eq!(common(&["app/web/"]), "app/web/");
        assert_eq!(common(&["app/web/", "app/wörk/"]), "app/w");
        assert_eq!(common(&["app/", "app/web/"]), "app/");
        assert_eq!(common(&["a", "b"]), "");
    }
}
