//! The hosts of a connection string, and the driver's configuration for one of them.
//!
//! Called by `address` and `sessions`. Failures: [`StoreError::Misconfigured`], which never quotes the string.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use ::postgres::Config;
use ::postgres::config::{Host, LoadBalanceHosts, SslMode, SslNegotiation};

use super::channel::Place;
use crate::infrastructure::store::StoreError;

/// The port of a string that names none.
const PORT_DEFAULT: u16 = 5432;
/// One of the hosts of a string.
#[derive(Clone, Debug)]
pub(super) struct HostAt {
    pub(super) place: Place,
    address: Option<IpAddr>,
    port: u16,
}

impl HostAt {
    /// Completes a configuration, and returns the door that has to be there while the driver connects: `channel` says why.
    pub(super) fn complete(&self, config: &mut Config) -> std::io::Result<Option<TcpListener>> {
        match (&self.place, self.address) {
            (Place::Unix(_), _) => {
                let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                let at = door.local_addr()?;
                config.host(&at.ip().to_string()).port(at.port());
                Ok(Some(door))
            }
            (Place::Network { host }, address) => {
                let address = address.map(|address| address.to_string());
                // The driver calls its hook only for a host with a name; an address alone names itself.
                config.host(address.as_ref().or(host.as_ref()).map_or("", String::as_str)).port(self.port);
                Ok(None)
            }
        }
    }
}

/// The hosts of a configuration. A host may have a name, an address, or both.
pub(super) fn hosts(config: &Config) -> Result<Vec<HostAt>, StoreError> {
    let (names, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    let fits = |length: usize| length == 0 || length == count;
    if count == 0 {
        return Err(refused("DATABASE_URL names no host"));
    }
    if !fits(names.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return Err(refused(
            "DATABASE_URL must have one host, one hostaddr and one port for each server, or one port for all",
        ));
    }
    let one = |at: usize| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT_DEFAULT);
        let address = addresses.get(at).copied();
        let place = match names.get(at) {
            Some(Host::Tcp(name)) => {
                Place::Network { host: Some(name.clone()).filter(|name| !name.is_empty()) }
            }
            Some(Host::Unix(folder)) if address.is_none() => {
                Place::Unix(folder.join(format!(".s.PGSQL.{port}")))
            }
            Some(Host::Unix(_)) | None => Place::Network { host: None },
        };
        HostAt { place, address, port }
    };
    let hosts: Vec<_> = (0..count).map(one).collect();
    if hosts.iter().any(|host| host.place == (Place::Network { host: None }) && host.address.is_none()) {
        return Err(refused("DATABASE_URL names no host"));
    }
    Ok(hosts)
}

/// All of a configuration but its hosts. The driver's hook has TLS, and always runs.
pub(super) fn without_hosts(from: &Config) -> Config {
    let mut config = Config::new();
    if let Some(user) = from.get_user() {
        config.user(user);
    }
    if let Some(database) = from.get_dbname() {
        config.dbname(database);
    }
    if let Some(options) = from.get_options() {
        config.options(options);
    }
    if let Some(name) = from.get_application_name() {
        config.application_name(name);
    }
    if let Some(password) = from.get_password() {
        config.password(password);
    }
    if let Some(limit) = from.get_connect_timeout() {
        config.connect_timeout(*limit);
    }
    if let Some(limit) = from.get_tcp_user_timeout() {
        config.tcp_user_timeout(*limit);
    }
    config.keepalives(from.get_keepalives()).keepalives_idle(from.get_keepalives_idle());
    if let Some(interval) = from.get_keepalives_interval() {
        config.keepalives_interval(interval);
    }
    if let Some(retries) = from.get_keepalives_retries() {
        config.keepalives_retries(retries);
    }
    config
        .target_session_attrs(from.get_target_session_attrs())
        .channel_binding(from.get_channel_binding())
        .load_balance_hosts(from.get_load_balance_hosts())
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct);
    config
}

/// The order in which hosts are tried.
pub(super) fn in_order(hosts: &[HostAt], balance: LoadBalanceHosts) -> Vec<&HostAt> {
    let mut hosts: Vec<_> = hosts.iter().collect();
    if balance == LoadBalanceHosts::Random {
        shuffle(&mut hosts);
    }
    hosts
}

/// Puts hosts into a random order; a machine without random numbers keeps theirs.
fn shuffle<T>(hosts: &mut [T]) {
    for last in (1..hosts.len()).rev() {
        let random = getrandom::u32().unwrap_or_default() as usize;
        hosts.swap(last, random % (last + 1));
    }
}

/// The hosts and the database, for people and logs.
pub(super) fn show(config: &Config, hosts: &[HostAt]) -> String {
    let host = |(at, host): (usize, &HostAt)| match (&host.place, host.address) {
        (Place::Network { host: Some(name) }, _) => format!("{name}:{}", host.port),
        (Place::Network { host: None }, Some(address)) => format!("{address}:{}", host.port),
        _ => match config.get_hosts().get(at) {
            Some(Host::Unix(folder)) => format!("{}:{}", folder.display(), host.port),
            _ => String::new(),
        },
    };
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    let hosts: Vec<_> = hosts.iter().enumerate().map(host).collect();
    format!("postgresql {}/{database}", hosts.join(","))
}

fn refused(what: &str) -> StoreError {
    StoreError::Misconfigured(what.to_owned())
}
