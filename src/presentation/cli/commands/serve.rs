//! `configapi serve`: from settings to a server, and to its end.
//!
//! The order of stopping: the connection layer refuses, drains and closes; then the store answers what it has
//! accepted and stops its threads; then the log is flushed. A second signal ends the process at once.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use slog::{Logger, info, warn};

use crate::application::{ConfigStore, Error, Keys};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::settings::ServeSettings;
use crate::presentation::cli::ui::Ui;
use crate::presentation::http::{Api, ApiSettings, Front, Hosts};
use crate::runtime::flush::{LAST_FLUSH, at_most};
use crate::runtime::memory;
use crate::runtime::signals::{self, Signalled};
use crate::server::{Bell, Server};

/// How often the server looks whether its store still works, and whether a signal asks for something.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Serves until a signal or until the store can't go on.
pub(in crate::presentation::cli) fn serve(
    settings: &ServeSettings,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    let address = resolve(&settings.listen)?;
    if !address.ip().is_loopback() {
        if !settings.allow_anonymous {
            return Err(Failure::usage(format!(
                "{address} can be reached by others, and authentication is off: listen on 127.0.0.1, \
                 or give --allow-anonymous if everybody who reaches it may read and write everything"
            )));
        }
        warn!(logger, "EVERYBODY WHO REACHES THIS ADDRESS MAY READ AND WRITE EVERYTHING"; "address" => %address);
    }
    let Signalled { stop, hangup } =
        signals::watch().map_err(|error| Failure::system(format!("signals can't be watched: {error}")))?;

    // Bound before the store is opened: an address in use is said at once, and nothing is migrated.
    let listener = TcpListener::bind(address)
        .map_err(|error| Failure::system(format!("can't listen on {address}: {error}")))?;
    let (bell, front) = (Bell::new(), Arc::new(Front::default()));
    let service = Arc::clone(&front) as Arc<_>;
    let server = Server::start(listener, service, &bell, settings.connection_limits(), logger.clone())
        .map(Arc::new)
        .map_err(|error| Failure::system(format!("the server can't be started: {error}")))?;
    let mut options = settings.options(logger)?;
    if options.keys.is_some() && !memory::keep_from_dumps() {
        warn!(
            logger,
            "the keys may get into a core dump: the system does not keep the memory of the process from it"
        );
    }
    options.stop = Some(stop.clone());
    let store = match ConfigStore::open(&options) {
        Ok(store) => Arc::new(store),
        Err(Error::Stopping) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let rung = bell.clone();
    store.on_advance(move || rung.ring());
    let hosts = match &settings.allowed_host {
        names if !names.is_empty() => Hosts::Named(names.clone()),
        _ if address.ip().is_loopback() => Hosts::Loopback,
        _ => Hosts::Any,
    };
    let api_settings = ApiSettings {
        hosts,
        write_wait: settings.write_wait,
        ready_lag: settings.ready_lag,
        stop: Some(stop.clone()),
        ..ApiSettings::default()
    };
    let api = Arc::new(Api::new(Arc::clone(&store), api_settings, logger.clone()));
    let counted = Arc::downgrade(&server);
    api.observe(move || counted.upgrade().map(|server| server.stats()).unwrap_or_default());
    front.open(api);
    let loaded = store.loaded();
    info!(logger, "ready"; "address" => %server.local_addr(), "store" => &loaded.store,
        "revision" => %loaded.head.revision, "names" => loaded.head.names, "events" => loaded.head.events,
        "rebuild" => ?loaded.took);
    let line = format!("listening on http://{}", server.local_addr());
    // It may have no reader, or the disk under it may be full: clients can be served all the same.
    if !matches!(at_most(LAST_FLUSH, move || ui.print(&line)), Some(Ok(()) | Err(Failure::OutputClosed))) {
        warn!(logger, "standard output takes no line"; "address" => %server.local_addr());
    }

    let failure = loop {
        if stop.wait(LOOK_INTERVAL) {
            break None;
        }
        if hangup.swap(false, Ordering::Relaxed) {
            store.reopen_audit();
            match settings.key.file().map(|_| settings.key.keys()) {
                Some(Ok(Some(keys))) => reload(&store, keys, logger),
                None | Some(Ok(None)) => {}
                Some(Err(_)) => warn!(logger, "the key file can't be used, the keys from before stay"),
            }
        }
        if let Some(failure) = store.failure() {
            break Some(failure);
        }
    };
    info!(logger, "stopping"; "grace_s" => settings.grace_period.as_secs());
    server.stop(settings.grace_period);
    // Not left to the last one who lets go of it: a thread that is just ending may do so after the process.
    store.stop();
    info!(logger, "stopped");
    match failure {
        None => Ok(()),
        Some(failure) => Err(Failure::system(format!("the store can't go on: {failure}"))),
    }
}

/// Goes on with the keys that the file has now.
fn reload(store: &ConfigStore, keys: Keys, logger: &Logger) {
    match store.replace_keys(keys) {
        Ok(()) => info!(logger, "keys loaded again"),
        Err(error) => warn!(logger, "the keys from before stay"; "error" => %error),
    }
}

fn resolve(listen: &str) -> Result<SocketAddr, Failure> {
    let usage = |why: &str| Failure::usage(format!("--listen {listen}: {why}"));
    let mut addresses =
        listen.to_socket_addrs().map_err(|_| usage("write HOST:PORT, such as 127.0.0.1:4000"))?;
    addresses.next().ok_or_else(|| usage("the host has no address"))
}
