//! Every setting, declared once: a field's name is the flag (`--idle-deadline`) and the key of the settings file
//! (`idle_deadline`); `env` is its variable, the comment its help, `default_value` its default.
//!
//! `layers` decides where a value comes from: flag over environment over file over default. Defaults that the library
//! has too are the library's own, with their reasons: `application::Options`, `server::ConnectionLimits`. Durations are written
//! as humantime reads them (`75s`, `1m 30s`).

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use slog::{Level, Logger, warn};

use super::error::Failure;
use super::layers::{Origin, Origins};
use super::secrets::{KeySettings, RootTokenSettings};
use crate::application::{self, Access, AuditSink, Consistency, Options, PostgresOptions, StoreLocation};
use crate::domain::VALUE_BYTES_MAX_DEFAULT;
use crate::presentation::http::{ApiSettings, CorsOrigin};
use crate::server;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag without a value is a bool")]
pub(super) struct ServeSettings {
    /// Where to listen: HOST:PORT, where port 0 takes a free one, or unix:PATH; may be given several times
    // Loopback, because everybody who reaches the address may read and write; 4000 is the port of this service.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "CONFIGAPI_LISTEN",
        default_value = "127.0.0.1:4000",
        value_delimiter = ','
    )]
    pub(super) listen: Vec<String>,

    #[command(flatten)]
    pub(super) tls: TlsSettings,

    #[command(flatten)]
    pub(super) store: StoreSettings,

    #[command(flatten)]
    pub(super) key: KeySettings,

    /// The state that reads of now see: every write at once, or the log as it was when the server started
    #[arg(long, value_enum, ignore_case = true, env = "CONFIGAPI_CONSISTENCY", default_value_t = ConsistencyWord::Live)]
    pub(super) consistency: ConsistencyWord,

    /// The longest value that is accepted, in bytes of UTF-8
    #[arg(long, value_name = "N", env = "CONFIGAPI_VALUE_BYTES_MAX", default_value_t = VALUE_BYTES_MAX_DEFAULT,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=16_777_216))]
    pub(super) value_bytes_max: usize,

    #[command(flatten)]
    pub(super) root: RootTokenSettings,

    /// Serve an address that others can reach, without tokens: anybody who reaches it may read and write
    #[arg(long, env = "CONFIGAPI_ALLOW_ANONYMOUS")]
    pub(super) allow_anonymous: bool,

    /// A name that clients use for this server, such as a proxy's; may be given several times
    #[arg(long, value_name = "NAME", env = "CONFIGAPI_ALLOWED_HOST", value_delimiter = ',', value_parser = host_name)]
    pub(super) allowed_host: Vec<String>,

    /// An origin, as scheme, host and port, whose pages may use this server from a browser; may be given several times
    #[arg(long, value_name = "ORIGIN", env = "CONFIGAPI_CORS_ORIGIN", value_delimiter = ',', value_parser = CorsOrigin::parse)]
    pub(super) cors_origin: Vec<CorsOrigin>,

    /// Serve no console: `/console/` is unknown, and `/` leads nowhere
    #[arg(long, env = "CONFIGAPI_NO_CONSOLE")]
    pub(super) no_console: bool,

    /// Only read, beside a PostgreSQL standby for example: no write, no migration, no lock; follows the log by polling
    #[arg(long, env = "CONFIGAPI_READ_ONLY")]
    pub(super) read_only: bool,

    /// Write an audit record of every change to this file as JSON lines [default: to the log]
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_AUDIT_FILE")]
    pub(super) audit_file: Option<PathBuf>,

    /// How long a write waits for its outcome before the server answers 503
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_WRITE_WAIT", value_parser = duration,
          default_value = text(application::Limits::default().write_wait))]
    pub(super) write_wait: Duration,

    /// How often the server looks for changes of other servers, behind the notifications
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_POLL_INTERVAL", value_parser = duration,
          default_value = text(application::Limits::default().poll_interval))]
    pub(super) poll_interval: Duration,

    /// `/readyz` is 503 once the server has been behind the log for this long
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_READY_LAG", value_parser = duration,
          default_value = text(ApiSettings::default().ready_lag))]
    pub(super) ready_lag: Duration,

    /// The longest time from the first byte of a request's head to its last
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_HEAD_DEADLINE", value_parser = duration,
          default_value = text(server::ConnectionLimits::default().head_deadline))]
    pub(super) head_deadline: Duration,

    /// The longest time from the end of a request's head to the end of its body
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_BODY_DEADLINE", value_parser = duration,
          default_value = text(server::ConnectionLimits::default().body_deadline))]
    pub(super) body_deadline: Duration,

    /// A connection is closed after this long between two requests
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_IDLE_DEADLINE", value_parser = duration,
          default_value = text(server::ConnectionLimits::default().idle_deadline))]
    pub(super) idle_deadline: Duration,

    /// All clients come through a proxy or a load balancer: one address is no longer one client, and has no share of the
    /// memory for request bodies
    #[arg(long, env = "CONFIGAPI_BEHIND_PROXY")]
    pub(super) behind_proxy: bool,

    /// How long requests in flight have to end when the server stops
    // Less than the 30 s that orchestrators give.
    #[arg(long, value_name = "DURATION", env = "CONFIGAPI_GRACE_PERIOD", value_parser = duration,
          default_value = "20s")]
    pub(super) grace_period: Duration,

    #[command(flatten)]
    pub(super) log: LogSettings,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "a field's name is its flag")]
pub(super) struct TlsSettings {
    /// Serve HTTPS on TCP addresses, with this certificate and those of the authorities above it, in PEM; read again when
    /// the file changes
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_TLS_CERT")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM and without a password; read again when the file changes
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_TLS_KEY")]
    tls_key: Option<PathBuf>,

    /// Serve only clients that present a certificate of an authority in this PEM file
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_TLS_CLIENT_CA")]
    tls_client_ca: Option<PathBuf>,
}

impl TlsSettings {
    /// The files, if TLS is asked for.
    pub(super) fn files(&self) -> Result<Option<server::TlsFiles>, Failure> {
        match (&self.tls_cert, &self.tls_key, &self.tls_client_ca) {
            (Some(certificate), Some(key), client_ca) => Ok(Some(server::TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                client_ca: client_ca.clone(),
            })),
            (None, None, None) => Ok(None),
            (None, None, Some(_)) => {
                Err(Failure::usage("--tls-client-ca needs --tls-cert and --tls-key: give all three"))
            }
            _ => Err(Failure::usage("--tls-cert and --tls-key belong together: give both")),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct StoreSettings {
    /// The embedded store, made if it is missing
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_FILE", default_value = "configapi.db")]
    file: PathBuf,

    /// PostgreSQL instead of the file, `postgresql://user:password@host/database`; a password belongs into the variable,
    /// because every user of the machine sees the command line
    #[arg(long, value_name = "URL", env = "DATABASE_URL")]
    database_url: Option<String>,

    /// PostgreSQL itself, for notifications, if the database URL leads to a pooler; without it the log is polled
    #[arg(long, value_name = "URL", env = "CONFIGAPI_LISTEN_URL")]
    listen_url: Option<String>,

    /// Whether a password was typed on the command line.
    #[arg(skip)]
    shows_password: bool,
}

#[derive(Debug, Args)]
pub(super) struct MigrateSettings {
    /// Give this role of PostgreSQL the rights that a server needs: it may read and append, and change nothing in the log
    #[arg(long, value_name = "ROLE", env = "CONFIGAPI_GRANT")]
    pub(super) grant: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LogSettings {
    /// How much to log on standard error; `debug` has a line for each request
    #[arg(long, value_enum, ignore_case = true, env = "CONFIGAPI_LOG_LEVEL", default_value_t = LogLevel::Info)]
    pub(super) log_level: LogLevel,

    /// A TOML file with any of these settings
    // Read by `layers`, before the settings are.
    #[arg(long, value_name = "PATH", env = "CONFIGAPI_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ConsistencyWord {
    Live,
    Restart,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    #[value(alias = "warn")]
    Warning,
    Info,
    Debug,
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warning => Self::Warning,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}

/// The shortest duration that a setting takes: below it a wait is a spin.
const DURATION_MIN: Duration = Duration::from_millis(10);
/// The longest: past it somebody has mistaken the unit.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// A host without its port: the port of a request is not looked at.
fn host_name(text: &str) -> Result<String, String> {
    let is_address = text.starts_with('[') && text.ends_with(']');
    if text.is_empty() || text.contains(['/', '@', ' ']) || (text.contains(':') && !is_address) {
        return Err("write the name alone, without scheme, port or path, such as config.example.com".into());
    }
    Ok(text.to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}: write a number and its unit, such as 75s or 500ms"))?;
    if !(DURATION_MIN..=DURATION_MAX).contains(&duration) {
        return Err("must be from 10ms to 1day".into());
    }
    Ok(duration)
}

/// A default as it would be typed, in one unit.
fn text(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{}s", duration.as_secs()),
        _ => format!("{}ms", duration.as_millis()),
    }
}

impl StoreSettings {
    /// Leaves one store of two: the one whose setting ranks higher. In the environment `DATABASE_URL` wins; two
    /// stores on the command line, or in the settings file, are a mistake.
    pub(super) fn choose(&mut self, origins: &Origins) -> Result<(), Failure> {
        // Not repeated: it may have a password.
        if self.file.to_string_lossy().contains("://") {
            return Err(Failure::usage("--file takes a path; a connection string belongs into DATABASE_URL"));
        }
        if self.database_url.is_none() {
            return Ok(());
        }
        let (file, url) = (origins.of("file"), origins.of("database_url"));
        let typed = |origin, text: &Option<String>| {
            origin == Origin::Flag && text.as_deref().is_some_and(has_password)
        };
        self.shows_password =
            typed(url, &self.database_url) || typed(origins.of("listen_url"), &self.listen_url);
        match (file, url) {
            (Origin::Flag, Origin::Flag) => {
                return Err(Failure::usage("--file and --database-url name two stores: give one of them"));
            }
            (Origin::File, Origin::File) => {
                return Err(Failure::usage(
                    "file and database_url in the settings file name two stores: give one of them",
                ));
            }
            _ if file > url => self.database_url = None,
            _ => {}
        }
        Ok(())
    }

    /// The store's options with what every command shares.
    pub(super) fn options(&self, logger: &Logger) -> Options {
        let store = match &self.database_url {
            Some(url) => {
                if self.shows_password {
                    warn!(
                        logger,
                        "a password on the command line is in the list of processes: use the variable"
                    );
                }
                let listen_url = self.listen_url.clone();
                StoreLocation::Postgres(PostgresOptions { listen_url, ..PostgresOptions::new(url) })
            }
            None => StoreLocation::File(self.file.clone()),
        };
        Options::new(store).logger(logger.clone())
    }
}

/// Whether a connection string has a password, in either of its forms.
fn has_password(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || url.contains("password=")
}

impl ServeSettings {
    /// Whether the memory of the server will hold a key or a token that must not leave it.
    pub(super) fn has_keys(&self) -> bool {
        self.root.is_given() || self.key.is_given() || self.tls.tls_key.is_some()
    }

    /// The store's options. A server waits for its database as long as it takes.
    pub(super) fn options(&self, logger: &Logger) -> Result<Options, Failure> {
        let mut options = self.store.options(logger).consistency(match self.consistency {
            ConsistencyWord::Live => Consistency::Live,
            ConsistencyWord::Restart => Consistency::Restart,
        });
        options.value_bytes_max = self.value_bytes_max;
        options.audit = self.audit_file.clone().map_or(AuditSink::Log, AuditSink::File);
        options.access = if self.read_only { Access::ReadOnly } else { Access::ReadWrite };
        options.patience = Duration::MAX;
        options.limits.write_wait = self.write_wait;
        options.limits.poll_interval = self.poll_interval;
        options.keys = self.key.keys()?;
        Ok(options)
    }

    /// The limits of the connection layer.
    pub(super) fn connection_limits(&self) -> server::ConnectionLimits {
        server::ConnectionLimits {
            head_deadline: self.head_deadline,
            body_deadline: self.body_deadline,
            idle_deadline: self.idle_deadline,
            unlimited_peers: if self.behind_proxy {
                server::UnlimitedPeers::Everybody
            } else {
                server::UnlimitedPeers::Loopback
            },
            ..server::ConnectionLimits::default()
        }
    }
}
