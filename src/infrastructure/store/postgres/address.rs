//! From the connection string to the driver's configuration.
//!
//! What the string says goes before our defaults. The hosts are taken one by one, each with a configuration of its own, because
//! libpq tries a host with and without TLS before it goes on to the next. The driver's own TLS is not used: `channel` has the
//! hook that the driver calls for each connection.
//!
//! Called by `sessions`. Failures: [`StoreError::Misconfigured`], which never quotes the string.

use std::sync::Arc;
use std::time::Duration;

use ::postgres::Config;
use ::postgres::config::TargetSessionAttrs;

use super::authentication::Methods;
use super::connection_string::{ConnectionString, unreadable};
use super::hosts::{HostAt, hosts, in_order, show, without_hosts};
use super::tls::Tls;
use super::{Pooler, PostgresOptions};
use crate::infrastructure::store::{Access, StoreError};

/// What the driver says where the string does not: two hours, which is longer than anybody waits.
const KEEPALIVES_IDLE_UNSET: Duration = Duration::from_hours(2);
/// Idle time before the first keep-alive: a LISTEN connection has no other way to notice a dead peer.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(10);
/// Between keep-alives.
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(5);
/// Unanswered keep-alives before the kernel gives up: with the two above, after 25 s.
const KEEPALIVES_RETRIES: u32 = 3;
/// How long the kernel keeps what was sent and not acknowledged: about as long as the keep-alives.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);
/// A transaction that does nothing holds the head's lock no longer than this, if its server was stopped in it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(10);
/// Added to the deadline of an append for the server's own timeout, for the largest batch there can be: the
/// client's deadline comes first, and the server still ends what nobody waits for.
const APPEND_BACKSTOP: Duration = Duration::from_secs(30);

/// A function or an operator of ours is the server's own, whatever other schemas hold. Both `-c` and `SET` take this form.
const SEARCH_PATH: &str = "search_path=pg_catalog,pg_temp";

/// Every statement is a walk along an index, with probes into others for each row. A planner finds that by statistics;
/// it must not need them, since a log that was restored a moment ago has none. A node that sorts, hashes or gathers
/// rows reads all of them before it returns the first.
const WALKS: [(&str, &str); 7] = [
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_hashagg", "off"),
    ("enable_material", "off"),
    ("max_parallel_workers_per_gather", "0"),
];

/// What a connection is for: it decides its timeouts and how its statements are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Creates and checks the schema.
    Setup,
    /// Appends.
    Writer,
    /// Reads pages of the past.
    Reader,
    /// Reads what writes, following and health wait for.
    Follower,
    /// Waits for notifications.
    Listener,
}

/// Where the database is, understood.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    hosts: Vec<HostAt>,
    pub(super) tls: Arc<Tls>,
    pub(super) methods: Methods,
    /// The string says that a pooler is between: `pgbouncer=true`.
    pub(super) names_pooler: bool,
    /// For people and logs: `postgresql host:port/database`.
    pub(super) shown: String,
}

impl Address {
    /// Reads the connection string.
    pub(super) fn parse(options: &PostgresOptions) -> Result<Self, StoreError> {
        let ConnectionString { driver, names_pooler, own } = ConnectionString::read(&options.url)?;
        // The driver's error may quote a part of the string, and a part may be the password.
        let mut config: Config = driver.parse().map_err(|_| unreadable())?;
        let hosts = hosts(&config)?;
        let shown = show(&config, &hosts);
        set_defaults(&mut config, options);
        let (tls, methods) = (Arc::new(Tls::read(&own)?), Methods::read(own.get("require_auth"))?);
        Ok(Self { config, hosts, tls, methods, names_pooler, shown })
    }

    /// The driver's configuration for connections of this role, without a host.
    pub(super) fn config(&self, role: Role, options: &PostgresOptions) -> Config {
        let mut config = without_hosts(&self.config);
        if options.pooler == Pooler::Between {
            return config;
        }
        let from_url = config.get_options().unwrap_or_default().to_owned();
        // The server takes the last of two: what the string says comes after our defaults, and before the one
        // setting that it must not change.
        config.options(&format!("{} {from_url} -c {SEARCH_PATH}", session_settings(role, options)));
        config
    }

    /// The hosts in the order in which they are tried.
    pub(super) fn hosts(&self) -> Vec<&HostAt> {
        in_order(&self.hosts, self.config.get_load_balance_hosts())
    }
}

/// Settings of the server for one session, as the start-up message carries them: no round trip.
pub(super) fn session_settings(role: Role, options: &PostgresOptions) -> String {
    let word = |(name, value): (&str, String)| format!("-c {name}={}", value.replace(' ', r"\ "));
    settings(role, options).map(word).collect::<Vec<_>>().join(" ")
}

/// The same for one transaction, where a pooler may switch sessions between transactions.
pub(super) fn begin_with_settings(role: Role, options: &PostgresOptions) -> String {
    let access = if options.access == Access::ReadOnly { "READ ONLY" } else { "READ WRITE" };
    // What is said of transactions is said by BEGIN.
    let of_session = settings(role, options).filter(|(name, _)| !name.starts_with("default_transaction"));
    let each = |(name, value): (&str, String)| format!("; SET LOCAL {name} = '{value}'");
    let settings: String = of_session.map(each).collect();
    format!("BEGIN ISOLATION LEVEL READ COMMITTED {access}{settings}; SET LOCAL {SEARCH_PATH}")
}

fn settings(role: Role, options: &PostgresOptions) -> impl Iterator<Item = (&'static str, String)> {
    let milliseconds = |span: Duration| span.as_millis().to_string();
    let statement = match role {
        Role::Setup => options.migrate_timeout,
        Role::Writer => options.append_timeout + APPEND_BACKSTOP,
        // The server's end of it comes first: then it is known that the server answers.
        Role::Reader | Role::Follower => options.read_timeout * 4 / 5,
        Role::Listener => options.read_timeout,
    };
    let lock = if role == Role::Setup { options.migrate_timeout } else { options.lock_timeout };
    // An append has one plan whatever its arrays hold; a tree page is planned for its bounds each time.
    let plans = if role == Role::Writer { "force_generic_plan" } else { "force_custom_plan" };
    [
        // An append rests on READ COMMITTED, which looks at the head again after it has waited for it.
        ("default_transaction_isolation", "read committed".to_owned()),
        ("statement_timeout", milliseconds(statement)),
        ("lock_timeout", milliseconds(lock)),
        ("idle_in_transaction_session_timeout", milliseconds(IDLE_IN_TRANSACTION)),
        ("plan_cache_mode", plans.to_owned()),
        // A plan that was made while the head's table was one page would walk all of it once it is many.
        ("enable_seqscan", "off".to_owned()),
        // Compiling a plan does not pay within the milliseconds that ours run.
        ("jit", "off".to_owned()),
        // A cancelled wait for a standby is only told by a warning: it must reach us.
        ("client_min_messages", "warning".to_owned()),
    ]
    .into_iter()
    .chain(
        (role != Role::Setup)
            .then_some(WALKS)
            .into_iter()
            .flatten()
            .map(|(name, set)| (name, set.to_owned())),
    )
    // A second lock: nothing here writes with it.
    .chain((options.access == Access::ReadOnly).then(|| ("default_transaction_read_only", "on".to_owned())))
}

fn set_defaults(config: &mut Config, options: &PostgresOptions) {
    if config.get_application_name().is_none() {
        config.application_name("configapi");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    if config.get_keepalives_idle() == KEEPALIVES_IDLE_UNSET {
        config.keepalives_idle(KEEPALIVES_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVES_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVES_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    // One host is taken as it is, to say that it is read-only if it is; of several the one that takes writes, and
    // to read any.
    let to_write = options.access == Access::ReadWrite;
    if to_write
        && config.get_hosts().len() > 1
        && config.get_target_session_attrs() == TargetSessionAttrs::Any
    {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address, StoreError> {
        Address::parse(&PostgresOptions::new(url))
    }

    #[test]
    fn what_is_shown_names_hosts_and_database_and_never_the_password() {
        for (url, shown) in [
            ("postgresql://ada:s3cret@db:5433/conf", "postgresql db:5433/conf"),
            ("postgresql://ada:s3cret@db/conf", "postgresql db:5432/conf"),
            ("postgresql://ada:s3cret@one:1,two:2/conf", "postgresql one:1,two:2/conf"),
            ("host=/run/pg user=ada password=s3cret", "postgresql /run/pg:5432/ada"),
            ("hostaddr=10.0.0.1 user=ada dbname=conf", "postgresql 10.0.0.1:5432/conf"),
        ] {
            assert_eq!(address(url).unwrap().shown, shown);
        }
    }

    #[test]
    fn a_string_that_makes_no_sense_is_refused_without_quoting_it() {
        for url in [
            "postgresql://ada:s3cret@db/conf?sslmode=s3cret",
            "postgresql://ada:s3cret@db/conf?sslmode=require&sslrootcert=system",
            "postgresql://ada:s3cret@db/conf?sslnegotiation=direct",
            "postgresql://ada:s3cret@db/conf?require_auth=s3cret",
            "postgresql://ada:s3cret@one,two/conf?hostaddr=10.0.0.1",
            "postgresql://ada:s3cret@db/conf?s3cret=1",
            "postgresql://ada:s3cret@db:s3/conf",
            "host=db s3cret",
            "user=ada",
            "",
        ] {
            let error = address(url).err().unwrap_or_else(|| panic!("{url} is taken"));
            assert!(matches!(error, StoreError::Misconfigured(_)), "{url}");
            assert!(!error.to_string().contains("s3"), "{error}");
        }
    }

    #[test]
    fn what_the_string_says_goes_before_the_defaults() {
        let url = "host=db user=ada application_name=mine connect_timeout=7 options='-c lock_timeout=9'";
        let config = address(url).unwrap().config(Role::Writer, &PostgresOptions::new(url));
        assert_eq!(config.get_application_name(), Some("mine"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
        assert!(config.get_options().unwrap().ends_with(&format!(" -c lock_timeout=9 -c {SEARCH_PATH}")));
    }

    #[test]
    fn of_several_hosts_the_one_that_takes_writes_is_wanted() {
        let wanted = |url| address(url).unwrap().config.get_target_session_attrs();
        assert_eq!(wanted("host=db user=ada"), TargetSessionAttrs::Any);
        assert_eq!(wanted("host=one,two user=ada"), TargetSessionAttrs::ReadWrite);
        assert_eq!(
            wanted("host=one,two user=ada target_session_attrs=read-only"),
            TargetSessionAttrs::ReadOnly
        );
    }
}
