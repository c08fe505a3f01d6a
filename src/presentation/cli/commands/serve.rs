//! `configapi serve`: from settings to a server, and to its end.
//!
//! The order of stopping: the connection layer refuses, drains and closes; then the store answers what it has
//! accepted and stops its threads; then the log is flushed. A second signal ends the process at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use slog::{Logger, info, warn};

use crate::application::{ConfigStore, Error, Keys};
use crate::presentation::cli::access::{self, Closed, Reach};
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::listen::{self, Endpoint};
use crate::presentation::cli::settings::ServeSettings;
use crate::presentation::cli::ui::Ui;
use crate::presentation::http::{Api, ApiSettings, Console, Front, Hosts};
use crate::runtime::core_dumps;
use crate::runtime::flush::{LAST_FLUSH, at_most};
use crate::runtime::signals::{self, Signalled};
use crate::server::{Address, Bell, Server, TlsKeys, TlsWatch};

/// How often the server looks whether its store still works, and whether a signal asks for something.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Serves until a signal or until the store can't go on.
pub(in crate::presentation::cli) fn serve(
    settings: &ServeSettings,
    ui: Ui,
    logger: &Logger,
) -> Result<(), Failure> {
    if settings.has_keys() {
        core_dumps::forbid()
            .map_err(|error| Failure::system(format!("core dumps can't be turned off: {error}")))?;
    }
    let texts = settings.listen.iter();
    let endpoints = texts.map(|text| Endpoint::resolve(text)).collect::<Result<Vec<_>, _>>()?;
    let is_local = listen::is_local(&endpoints);
    let root_token = settings.root.token(logger)?;
    let keys = load_keys(settings, logger)?;
    let reach = Reach {
        allow_anonymous: settings.allow_anonymous,
        behind_proxy: settings.behind_proxy,
        encrypts: keys.is_some(),
    };
    if keys.is_some() && endpoints.iter().all(|endpoint| matches!(endpoint, Endpoint::Unix(_))) {
        warn!(logger, "the TLS certificate is not used: no address is one of TCP");
    }
    let Signalled { stop, hangup } =
        signals::watch().map_err(|error| Failure::system(format!("signals can't be watched: {error}")))?;

    // Bound before the store is opened: an address in use is said at once, and nothing is migrated.
    let listeners = endpoints.iter().map(|endpoint| endpoint.bind(keys.as_ref()));
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    let (bell, front) = (Bell::new(), Arc::new(Front::default()));
    let service = Arc::clone(&front) as Arc<_>;
    let server = Server::start(listeners, service, &bell, settings.connection_limits(), logger.clone())
        .map(Arc::new)
        .map_err(|error| Failure::system(format!("the server can't be started: {error}")))?;
    let watched = keys.map(|keys| keys.watch()).transpose();
    let watched =
        watched.map_err(|error| Failure::system(format!("the TLS files can't be watched: {error}")))?;
    let mut options = settings.options(logger)?;
    options.stop = Some(stop.clone());
    let store = match ConfigStore::open(&options) {
        Ok(store) => Arc::new(store),
        Err(Error::Stopping) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_closed = root_token.is_some() || store.access().is_closed();
    access::check(&endpoints, if is_closed { Closed::Yes } else { Closed::No }, reach, logger)?;
    let rung = bell.clone();
    store.on_advance(move || rung.ring());
    let hosts = match &settings.allowed_host {
        names if !names.is_empty() => Hosts::Named(names.clone()),
        _ if is_local => Hosts::Loopback,
        _ => Hosts::Any,
    };
    let api_settings = ApiSettings {
        hosts,
        cors_origins: settings.cors_origin.clone(),
        console: if settings.no_console { Console::Off } else { Console::Served },
        root_token,
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
    info!(logger, "ready"; "address" => addresses(&server, " ", Address::place), "store" => &loaded.store,
        "revision" => %loaded.head.revision, "names" => loaded.head.names, "events" => loaded.head.events,
        "rebuild" => ?loaded.took);
    let lines = format!("listening on {}", addresses(&server, "\nlistening on ", Address::to_string));
    // It may have no reader, or the disk under it may be full: clients can be served all the same.
    if !matches!(at_most(LAST_FLUSH, move || ui.print(&lines)), Some(Ok(()) | Err(Failure::OutputClosed))) {
        warn!(logger, "standard output takes no line"; "address" => addresses(&server, " ", Address::place));
    }

    let failure = loop {
        if stop.wait(LOOK_INTERVAL) {
            break None;
        }
        if hangup.swap(false, Ordering::Relaxed) {
            store.reopen_audit();
            watched.as_ref().map(TlsWatch::reload);
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

/// The certificate and the key of the settings.
fn load_keys(settings: &ServeSettings, logger: &Logger) -> Result<Option<Arc<TlsKeys>>, Failure> {
    let Some(files) = settings.tls.files()? else { return Ok(None) };
    TlsKeys::load(files, logger.clone()).map(Some).map_err(|error| Failure::system(error.to_string()))
}

/// All addresses in one text.
fn addresses(server: &Server, between: &str, form: fn(&Address) -> String) -> String {
    server.addresses().iter().map(form).collect::<Vec<_>>().join(between)
}
