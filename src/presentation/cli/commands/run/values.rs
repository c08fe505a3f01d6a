//! The values of `run`: from the server, or from the cache while it can't be reached.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::application::Keys;
use crate::client::cache::{Cache, CacheError, Sealer};
use crate::client::child::environment::Entry;
use crate::client::{Item, Read, Snapshot};
use crate::presentation::cli::connect::Session;
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::point::{POINTS, PointArg};
use crate::presentation::cli::ui::Ui;
use crate::runtime::printable::Escaped;

/// Which values a command gets.
#[derive(Debug, Args)]
pub(super) struct ValueSettings {
    /// The values under this prefix; may be given several times [default: all values]
    #[arg(long = "prefix", value_name = "PREFIX")]
    prefixes: Vec<String>,
    #[arg(long, value_name = "POINT", env = "CONFIGAPI_AT",
        help = format!("Pin the values to a point: {POINTS}"))]
    at: Option<PointArg>,
    /// Leave secrets out
    #[arg(long)]
    no_reveal: bool,
    /// Keep the last good values in this file, and start with them while the server can't be reached; encrypted with the
    /// key of --key-file
    #[arg(long, value_name = "PATH")]
    cache: Option<PathBuf>,
    /// Do not start with cached values that are older
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, requires = "cache")]
    cache_age_max: Option<Duration>,
}

impl ValueSettings {
    pub(super) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// Whether the values are those of a point, which never change.
    pub(super) fn is_pinned(&self) -> bool {
        self.at.is_some()
    }

    /// Whether to ask for the values of secrets.
    pub(super) fn reveals(&self) -> bool {
        !self.no_reveal
    }

    /// The values to start with.
    pub(super) fn load(&self, session: &Session, cache: Option<&Cache>) -> Result<Snapshot, Failure> {
        // Masked values never replace those of a cache.
        let asked = self.ask(session).and_then(|snapshot| self.refuse_masked(&snapshot).map(|()| snapshot));
        let snapshot = match (asked, cache) {
            (Ok(snapshot), Some(cache)) => {
                save(cache, &snapshot, session.ui);
                snapshot
            }
            (Err(failure), Some(cache)) if failure.is_unavailable() => {
                self.cached(cache, failure, session.ui)?
            }
            (asked, _) => asked?,
        };
        let secrets = snapshot.items().filter(|item| item.is_masked()).count();
        if secrets > 0 {
            session.ui.note(&format!("configapi: --no-reveal leaves {secrets} secrets out"));
        }
        Ok(snapshot)
    }

    fn ask(&self, session: &Session) -> Result<Snapshot, Failure> {
        let at = self.at.map(|at| at.resolve(&session.client)).transpose()?;
        let read = Read { at, reveal: !self.no_reveal, ..Read::default() };
        Ok(Snapshot::load(&session.client, &self.prefixes, &read)?)
    }

    /// The cached values, in the place of this failure.
    fn cached(&self, cache: &Cache, failure: Failure, ui: Ui) -> Result<Snapshot, Failure> {
        let cached = match cache.load(self.cache_age_max) {
            Ok(cached) => cached,
            Err(error) => return Err(failure.hint(error.to_string())),
        };
        let (age, revision) = (humantime::format_duration(cached.age), cached.snapshot.revision());
        let path = cache.path.to_string_lossy();
        ui.complain(
            failure.hint(format!("these are the values of {age} ago, of revision {revision}, from {path}")),
        );
        self.refuse_masked(&cached.snapshot)?;
        Ok(cached.snapshot)
    }

    /// A command must not get an empty password in silence.
    pub(super) fn refuse_masked(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        if let Some(names) = names(snapshot, Item::is_shredded) {
            let text = format!("the values of these secrets are destroyed: {names}");
            return Err(Failure::reported(Status::NotFound, text).hint("set them again, or delete them"));
        }
        match names(snapshot, Item::is_masked) {
            Some(names) if !self.no_reveal => {
                let text = format!("the token may not reveal these secrets: {names}");
                let hint = "use a token with the right to reveal them, or leave secrets out with --no-reveal";
                Err(Failure::reported(Status::NotAllowed, text).hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// The cache, if there is one; encrypted if there are keys.
    pub(super) fn cache(&self, keys: Option<Keys>, session: &Session) -> Option<Cache> {
        let path = self.cache.clone()?;
        let sealer = keys.map(|keys| Box::new(Key(keys)) as Box<dyn Sealer>);
        // The cache compares it and never reads it.
        let point = self.at.map(|at| format!("{at:?}"));
        let server = session.client.place().to_owned();
        Some(Cache { path, server, prefixes: self.prefixes.clone(), point, sealer })
    }

    /// The values under each prefix, without those of the service itself.
    pub(super) fn entries(&self, snapshot: &Snapshot) -> Vec<Entry> {
        let everything = [String::new()];
        let prefixes = if self.prefixes.is_empty() { &everything[..] } else { &self.prefixes };
        let mut entries = Vec::new();
        for prefix in prefixes {
            for item in snapshot.items().filter(|item| !item.name.is_reserved()) {
                let rest = item.name().strip_prefix(prefix.as_str());
                if let (Some(rest), Some(Some(value))) = (rest, &item.value) {
                    let relative = rest.trim_start_matches('/').to_owned();
                    entries.push(Entry { name: item.name.clone(), relative, value: value.clone() });
                }
            }
        }
        entries
    }
}

/// Saves values. A command that can run does run, whatever becomes of its cache.
pub(super) fn save(cache: &Cache, snapshot: &Snapshot, ui: Ui) {
    if let Err(error) = cache.save(snapshot) {
        let error: CacheError = error;
        ui.note(&format!("configapi: the values are not kept: {}", Escaped(&error.to_string())));
    }
}

/// The names of the items that are so, for an error; none if no item is.
fn names(snapshot: &Snapshot, is_so: fn(&Item) -> bool) -> Option<String> {
    let names: Vec<&str> = snapshot.items().filter(|item| is_so(item)).map(Item::name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Encrypts the cache with the keys of the key file.
struct Key(Keys);

impl Sealer for Key {
    fn seal(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        self.0.seal_cache(text).map_err(|error| error.to_string())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        self.0.open_cache(sealed).map(|text| text.to_vec()).map_err(|error| error.to_string())
    }
}
