//! A store that the command opens itself: the server's own handler answers its requests, without a socket.
//!
//! The one who can open the store may do everything: it asks for no token. The actor of its changes is `operator`. An
//! embedded store locks its file, so that no server has it open at the same time; PostgreSQL has any number of users.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rouille::Request as HttpRequest;

use crate::application::{ConfigStore, Keys, Options};
use crate::client::{Request, Response, Transport, TransportError};
use crate::domain::Principal;
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::ui::Ui;
use crate::presentation::http::{Api, ApiSettings, handler};
use crate::runtime::logging::{self, LogGuard};

/// The actor of changes that are made in the store itself.
const ACTOR: &str = "operator";

type Handler = Box<dyn Fn(&HttpRequest) -> rouille::Response + Send + Sync>;

/// Whether `--file` may make a file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Missing {
    /// The command only reads.
    Refuse,
    /// The command writes.
    Make,
}

/// An open store.
pub(super) struct OpenStore {
    store: Arc<ConfigStore>,
    answer: Handler,
    place: String,
    _log: parking_lot::Mutex<LogGuard>,
}

impl OpenStore {
    /// The embedded store in a file.
    pub(super) fn file(path: &Path, keys: Option<Keys>, missing: Missing, ui: Ui) -> Result<Self, Failure> {
        if missing == Missing::Refuse && !path.exists() {
            let text = format!(
                "{} does not exist: name a store that a server or a command has made",
                path.display()
            );
            return Err(Failure::reported(Status::NotFound, text));
        }
        Self::open(Options::file(path), path.display().to_string(), keys, ui)
    }

    /// The store in a PostgreSQL database. Its address may have a password, and is not shown.
    pub(super) fn postgres(url: &str, keys: Option<Keys>, ui: Ui) -> Result<Self, Failure> {
        Self::open(Options::postgres(url), "the database of DATABASE_URL".to_owned(), keys, ui)
    }

    fn open(options: Options, place: String, keys: Option<Keys>, ui: Ui) -> Result<Self, Failure> {
        let (logger, log) = logging::warnings_and_reveals(ui.stderr_colour());
        let mut options = options.logger(logger.clone());
        options.keys = keys;
        let store = Arc::new(ConfigStore::open(&options)?);
        let operator = Arc::new(Principal::unlimited(ACTOR));
        let api = Api::identifying(Arc::clone(&store), ApiSettings::default(), logger, move |_| {
            Arc::clone(&operator)
        });
        let answer = Box::new(handler(&api));
        Ok(Self { store, answer, place, _log: parking_lot::Mutex::new(log) })
    }
}

impl Transport for OpenStore {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut headers: Vec<_> =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        headers.push(("Host".to_owned(), "localhost".to_owned()));
        let body = request.body.clone().unwrap_or_default();
        if request.body.is_some() {
            headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        let built = HttpRequest::fake_http_from(here, request.method, &request.target, headers, body);
        let response = (self.answer)(&built);
        let lower = |(name, value): (std::borrow::Cow<'static, str>, std::borrow::Cow<'static, str>)| {
            (name.to_ascii_lowercase(), value.into_owned())
        };
        let headers = response.headers.into_iter().map(lower).collect();
        let (body, _) = response.data.into_reader_and_size();
        Ok(Response { status: response.status_code, headers, body })
    }

    fn place(&self) -> &str {
        &self.place
    }
}

impl Drop for OpenStore {
    fn drop(&mut self) {
        self.store.stop();
    }
}
