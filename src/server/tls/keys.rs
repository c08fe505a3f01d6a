//! The TLS configuration that new connections get, and the thread that renews it when its files change.
//!
//! The thread looks at the files every second, links followed, so that a renewal by moving a link is noticed too. A
//! certificate and its key are two files: between their two writes they don't match. A pair that can't be used is
//! therefore reported only if it is the same a second later. It never replaces the pair that is in use. A connection keeps
//! the configuration that it began with.
//!
//! Called by `accept` for each connection, by `Server::stats`, and by the command line at the start and for SIGHUP.
//! Invariants: `a_renewed_certificate_is_noticed`, `a_bad_pair_keeps_the_old_one_and_is_reported_once`.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::RwLock;
use rustls::ServerConfig;
use slog::{Logger, error, info, warn};

use super::files::{KeyAccess, Loaded, Stamp, TlsError, TlsFiles};
use crate::runtime::clock::wall_now;
use crate::runtime::supervisor::Worker;

/// How often the files are looked at: a change counts within two of these, and has to within 5 s.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The time that the thread has to end. It may read from a network file system that hangs.
const END_WAIT: Duration = Duration::from_secs(1);

/// The certificate and the key of a server, and the authorities of its clients.
pub struct TlsKeys {
    files: TlsFiles,
    /// The files as they were at the start.
    first_stamps: [Option<Stamp>; 3],
    current: RwLock<Current>,
    reload_failures: AtomicU64,
    logger: Logger,
}

struct Current {
    config: Arc<ServerConfig>,
    expires_unix_s: Option<u64>,
}

/// Watches the files until it is dropped.
pub struct TlsWatch {
    /// None when the thread is to end.
    reload: Option<Sender<()>>,
    worker: Worker,
}

/// Why files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// A second has passed.
    Interval,
    /// The files have changed since the last look.
    Change,
    /// Somebody waits for the outcome.
    Asked,
}

/// The memory of the thread.
struct Looks {
    /// The files as they were last read.
    stamps: [Option<Stamp>; 3],
    outcome: Outcome,
}

enum Outcome {
    Loaded,
    /// Not reported yet: another file of the same change may follow.
    FailedOnce,
    /// With this text.
    Reported(String),
}

impl TlsKeys {
    /// Reads the files. Warns of a key that everybody may read and of a certificate that is not valid now.
    pub fn load(files: TlsFiles, logger: Logger) -> Result<Arc<Self>, TlsError> {
        let first_stamps = files.stamps();
        let loaded = files.load()?;
        warn_of(&loaded, &files, &logger);
        let current = RwLock::new(loaded.into());
        Ok(Arc::new(Self { files, first_stamps, current, reload_failures: AtomicU64::new(0), logger }))
    }

    /// Renews the configuration from now on when the files change.
    ///
    /// # Errors
    ///
    /// Where the system has no threads left.
    pub fn watch(self: &Arc<Self>) -> io::Result<TlsWatch> {
        // A second wish while one waits adds nothing.
        let (reload, wishes) = bounded(1);
        let keys = Arc::clone(self);
        let mut looks = Looks { stamps: self.first_stamps, outcome: Outcome::Loaded };
        let worker = Worker::spawn("tls-files", self.logger.clone(), move || keys.run(&wishes, &mut looks))?;
        Ok(TlsWatch { reload: Some(reload), worker })
    }

    fn run(&self, wishes: &Receiver<()>, looks: &mut Looks) {
        loop {
            let cause = match wishes.recv_timeout(LOOK_INTERVAL) {
                Ok(()) => Cause::Asked,
                Err(RecvTimeoutError::Timeout) => Cause::Interval,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.look(cause, looks);
        }
    }

    fn look(&self, cause: Cause, looks: &mut Looks) {
        // Before they are read: a write that comes meanwhile is noticed by the next look.
        let stamps = self.files.stamps();
        let is_changed = std::mem::replace(&mut looks.stamps, stamps) != stamps;
        let cause = if is_changed && cause == Cause::Interval { Cause::Change } else { cause };
        if cause == Cause::Interval && matches!(looks.outcome, Outcome::Loaded) {
            return;
        }
        match self.files.load() {
            Ok(loaded) => {
                looks.outcome = Outcome::Loaded;
                info!(self.logger, "TLS certificate loaded"; "file" => %self.files.certificate.display(),
                    "expires_unix_s" => loaded.validity_unix_s.map(|(_, until)| until));
                warn_of(&loaded, &self.files, &self.logger);
                *self.current.write() = loaded.into();
            }
            Err(failure) => looks.outcome = self.failed(cause, &failure, &looks.outcome),
        }
    }

    fn failed(&self, cause: Cause, failure: &TlsError, before: &Outcome) -> Outcome {
        let text = failure.to_string();
        let is_known = matches!(before, Outcome::Reported(known) if *known == text);
        match cause {
            Cause::Interval | Cause::Change if is_known => return Outcome::Reported(text),
            Cause::Change => return Outcome::FailedOnce,
            Cause::Interval | Cause::Asked => {}
        }
        self.reload_failures.fetch_add(1, Ordering::Relaxed);
        error!(self.logger, "TLS certificate not renewed: the old one stays in use"; "error" => &text);
        Outcome::Reported(text)
    }

    /// The configuration for a new connection.
    pub(in crate::server) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().config)
    }

    /// When the certificate expires, in seconds since 1970, if it says so readably.
    pub(in crate::server) fn expires_unix_s(&self) -> Option<u64> {
        self.current.read().expires_unix_s
    }

    /// How many new pairs could not be used.
    pub(in crate::server) fn reload_failures(&self) -> u64 {
        self.reload_failures.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for TlsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsKeys").field("files", &self.files).finish_non_exhaustive()
    }
}

impl From<Loaded> for Current {
    fn from(loaded: Loaded) -> Self {
        Self { config: loaded.config, expires_unix_s: loaded.validity_unix_s.map(|(_, until)| until) }
    }
}

impl TlsWatch {
    /// Has the files read again now, changed or not.
    pub fn reload(&self) {
        if let Some(reload) = &self.reload {
            let _ = reload.try_send(());
        }
    }
}

impl Drop for TlsWatch {
    fn drop(&mut self) {
        self.reload = None;
        self.worker.join_within(END_WAIT);
    }
}

/// The server serves all the same: whether to go on is the operator's to decide.
fn warn_of(loaded: &Loaded, files: &TlsFiles, logger: &Logger) {
    if loaded.key_access == KeyAccess::Everybody {
        warn!(logger, "every user of this machine may read the private key: take that right from the file";
            "file" => %files.key.display());
    }
    let now = wall_now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let file = files.certificate.display();
    match loaded.validity_unix_s {
        Some((_, until)) if until < now => {
            warn!(logger, "the TLS certificate has expired: clients refuse it"; "file" => %file, "expired_unix_s" => until);
        }
        Some((from, _)) if from > now => {
            warn!(logger, "the TLS certificate is not valid yet: clients refuse it"; "file" => %file, "valid_from_unix_s" => from);
        }
        _ => {}
    }
}
