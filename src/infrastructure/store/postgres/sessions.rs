//! How connections are made: each host in turn, with and without TLS as `sslmode` says.
//!
//! libpq's order counts (<https://www.postgresql.org/docs/current/libpq-ssl.html>, its `fe-connect.c`): a host is tried in all
//! ways before the next one is. Another way is tried when the server refuses the first, or when TLS fails; silence is
//! never answered with a second try. Called by `pools`, `listen` and `mod`; calls the driver through `channel` and `errors`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::postgres::Client;
use ::postgres::error::{DbError, SqlState};
use parking_lot::Mutex;
use r2d2::ManageConnection;
use r2d2_postgres::PostgresConnectionManager;

use super::PostgresOptions;
use super::address::{Address, Role};
use super::channel::{Channel, Place};
use super::connect::Session;
use super::deadline::Deadline;
use super::errors::{after, classify_connect, in_role, is_of_this_way, refuses_settings};
use super::hosts::HostAt;
use super::tls::{self, Way};
use crate::infrastructure::store::StoreError;

/// Makes connections of one role; what r2d2 asks for a connection.
pub(super) struct Sessions {
    address: Address,
    pub(super) options: PostgresOptions,
    pub(super) role: Role,
    pub(super) last_error: LastError,
}

/// Why the last try to connect failed; none once one has succeeded. r2d2 keeps only its text.
pub(super) type LastError = Arc<Mutex<Option<StoreError>>>;

/// What a connection shares with its session.
#[derive(Clone, Default)]
struct Shared {
    deadline: Deadline,
    standby_doubt: Arc<AtomicBool>,
}

impl Sessions {
    pub(super) fn new(address: &Address, options: &PostgresOptions, role: Role) -> Self {
        let (address, options) = (address.clone(), options.clone());
        Self { address, options, role, last_error: LastError::default() }
    }

    /// Reads the files of TLS, where no connection can be made without them.
    pub(super) fn check_files(&self) -> Result<(), StoreError> {
        for host in self.address.hosts() {
            if let Place::Network { host } = &host.place {
                let checked = tls::check(&self.address.tls, host.as_deref());
                checked.map_err(|refusal| StoreError::Misconfigured(refusal.to_string()))?;
            }
        }
        Ok(())
    }

    fn open(&self) -> Result<Session, StoreError> {
        let mut failed = StoreError::Misconfigured("DATABASE_URL names no host".to_owned());
        for host in self.address.hosts() {
            let shared = Shared::default();
            match self.reach(host, &shared) {
                Ok(client) => {
                    let Shared { deadline, standby_doubt } = shared;
                    return Ok(Session::new(client, deadline, standby_doubt, self.role, &self.options));
                }
                Err(error) => failed = error,
            }
        }
        Err(in_role(self.role, failed))
    }

    /// Connects to a host in one way after the other.
    fn reach(&self, host: &HostAt, shared: &Shared) -> Result<Client, StoreError> {
        let ways = match host.place {
            Place::Network { .. } => self.address.tls.mode.ways(),
            Place::Unix(_) => &[Way::Plain],
        };
        let mut before = None;
        for (at, way) in ways.iter().enumerate() {
            let is_encrypted = Arc::new(AtomicBool::new(false));
            let error = match self.connect_by(*way, host, shared, &is_encrypted)? {
                Ok(client) => return Ok(client),
                Err(error) => error,
            };
            let failed = classify_connect(&error);
            // The next way of `prefer` is plain, as this one was if the server has no TLS.
            let differs =
                *way == Way::Plain || is_encrypted.load(Ordering::Relaxed) || error.as_db_error().is_none();
            // A pooler that refuses the settings does so in each way.
            let is_last = at + 1 == ways.len() || refuses_settings(&failed);
            if is_last || !differs || !is_of_this_way(&error) {
                return Err(after(failed, before));
            }
            before = Some((*way, failed));
        }
        Err(StoreError::Unexpected("no way to connect is known".to_owned()))
    }

    fn connect_by(
        &self,
        way: Way,
        host: &HostAt,
        shared: &Shared,
        is_encrypted: &Arc<AtomicBool>,
    ) -> Result<Result<Client, ::postgres::Error>, StoreError> {
        let mut config = self.address.config(self.role, &self.options);
        let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("no local port: {error}"));
        let _door = host.complete(&mut config).map_err(unavailable)?;
        let doubt = Arc::clone(&shared.standby_doubt);
        config.notice_callback(move |notice| {
            if doubts_commit(&notice) {
                doubt.store(true, Ordering::Relaxed);
            }
        });
        let connect_timeout = config.get_connect_timeout().copied().unwrap_or(self.options.connect_timeout);
        let channel = Channel {
            deadline: shared.deadline.clone(),
            connect_timeout,
            place: host.place.clone(),
            way,
            tls: Arc::clone(&self.address.tls),
            methods: self.address.methods.clone(),
            is_encrypted: Arc::clone(is_encrypted),
        };
        Ok(PostgresConnectionManager::new(config, channel).connect())
    }
}

impl ManageConnection for Sessions {
    type Connection = Session;
    type Error = StoreError;

    fn connect(&self) -> Result<Session, StoreError> {
        let made = self.open();
        *self.last_error.lock() = made.as_ref().err().cloned();
        made
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), StoreError> {
        session.within(self.options.checkout_timeout).ping()
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.is_broken()
    }
}

/// Whether a notice says that a commit is on this server but perhaps on no standby. The server cancels its
/// wait with a WARNING, of class 01000 on a cancel and 57P01 when it shuts down (its syncrep.c).
fn doubts_commit(notice: &DbError) -> bool {
    [SqlState::WARNING, SqlState::ADMIN_SHUTDOWN].contains(notice.code())
}
