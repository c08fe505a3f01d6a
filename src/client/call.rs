//! The client itself: one way for a request to be sent, repeated, and read.
//!
//! A read is repeated when its connection fails. A write has an `Idempotency-Key`, so that it can be repeated too. The
//! paths for tokens ignore such a key: their requests are sent once.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Error, Problem};
use super::remote::Remote;
use super::settings::{Settings, Token};
use super::target::Target;
use super::transport::{Request, Response, Sent, Transport, TransportError};
use crate::wire::problem::{ProblemJson, Stored};

/// How often a request is sent at most: two repetitions pass a server's restart behind a proxy.
const ATTEMPTS: u32 = 3;
/// The wait before the first repetition; it doubles with each.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait that a server can ask for.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The longest body of a problem that is read.
const PROBLEM_BYTES_MAX: u64 = 16 << 20;

/// A client of one server. A clone uses the same connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Box<dyn Transport>,
    token: Option<Token>,
    observe: Option<Observe>,
}

/// Gets each attempt: the method, the target, the status or the failure, and how long it took.
type Observe = Box<dyn Fn(&str, &str, &str, Duration) + Send + Sync>;

/// Whether a request can be sent again after its connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or the same once more.
    Always,
    /// It changes the log; the server recognises it by its key.
    ByKey,
    /// It changes the log, and the server would not recognise it.
    Never,
}

/// A request to make.
pub(crate) struct Call {
    request: Request,
    repeat: Repeat,
    /// A status that is an answer too, where its body is JSON.
    answer: Option<u16>,
}

impl Call {
    /// A request that reads.
    pub(crate) fn get(target: Target) -> Self {
        Self::new("GET", target, Repeat::Always)
    }

    /// A request.
    pub(crate) fn new(method: &'static str, target: Target, repeat: Repeat) -> Self {
        let request = Request { method, target: target.into_text(), ..Request::default() };
        Self { request, repeat, answer: None }
    }

    /// Whose response with this status is an answer too, not an error, where its body is JSON.
    pub(crate) fn answered_by(mut self, status: u16) -> Self {
        self.answer = Some(status);
        self
    }

    fn is_answered_by(&self, response: &Response) -> bool {
        let is_json = || response.header("content-type").is_some_and(|it| it.starts_with("application/json"));
        response.status < 300 || response.status == 304 || self.answer == Some(response.status) && is_json()
    }

    /// With a body in JSON.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        // A shape of the contract always has a JSON form.
        self.request.body = Some(serde_json::to_vec(body).unwrap_or_default());
        self.header("Content-Type", "application/json")
    }

    /// With a body that is a text of JSON.
    pub(crate) fn json_text(mut self, text: &str) -> Self {
        self.request.body = Some(text.as_bytes().to_vec());
        self.header("Content-Type", "application/json")
    }

    /// With a field.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.request.headers.push((name, value.into()));
        self
    }

    /// Whose response has no end.
    pub(crate) fn endless(mut self) -> Self {
        self.request.endless = true;
        self
    }
}

impl Client {
    /// A client of the server at `http://HOST:PORT`, without a token.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not an address. Nothing is sent yet.
    pub fn new(server: &str) -> Result<Self, Error> {
        Self::with(&Settings { server: server.to_owned(), ..Settings::default() })
    }

    /// A client with these settings.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a setting can't be used. Nothing is sent yet.
    pub fn with(settings: &Settings) -> Result<Self, Error> {
        Ok(Self::over(Box::new(Remote::new(settings)?), settings.token.clone()))
    }

    /// A client over a transport of the caller's.
    pub fn over(transport: Box<dyn Transport>, token: Option<Token>) -> Self {
        Self { shared: Arc::new(Shared { transport, token, observe: None }) }
    }

    /// The same, with a function that gets each attempt. It gets no token and no body.
    #[must_use]
    pub(crate) fn observed(
        self,
        observe: impl Fn(&str, &str, &str, Duration) + Send + Sync + 'static,
    ) -> Self {
        match Arc::try_unwrap(self.shared) {
            Ok(shared) => Self { shared: Arc::new(Shared { observe: Some(Box::new(observe)), ..shared }) },
            Err(shared) => Self { shared },
        }
    }

    /// The server's address, for people.
    pub fn place(&self) -> &str {
        self.shared.transport.place()
    }

    /// Sends a request until it has a response, and refuses one that is not a success.
    pub(crate) fn call(&self, mut call: Call) -> Result<Response, Error> {
        if let Some(token) = &self.shared.token {
            call = call.header("Authorization", format!("Bearer {}", token.as_str()));
        }
        if call.repeat == Repeat::ByKey {
            call = call.header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
        }
        let mut pause = PAUSE;
        // Once the server may have a write, only its response says whether it is stored.
        let mut was_sent = Sent::No;
        for attempt in 1.. {
            let is_last = attempt == ATTEMPTS || call.repeat == Repeat::Never;
            let outcome = self.attempt(&call.request);
            match outcome {
                Ok(response) if call.is_answered_by(&response) => return Ok(response),
                Ok(response) => {
                    let asked = response.header("retry-after").and_then(|text| text.parse().ok());
                    let status = response.status;
                    let error = self.refusal(response);
                    if is_last || !is_worth_repeating(status, &error) {
                        return Err(error);
                    }
                    pause = asked.map_or(pause, |seconds| Duration::from_secs(seconds).min(PAUSE_MAX));
                }
                Err(error) => {
                    if error.sent == Sent::Maybe {
                        was_sent = Sent::Maybe;
                    }
                    if is_last {
                        return Err(self.lost(call.repeat, was_sent, error));
                    }
                }
            }
            wait(pause);
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// Sends a request and reads its response as JSON.
    pub(crate) fn call_json<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let mut response = self.call(call.header("Accept", "application/json"))?;
        let mut bytes = Vec::new();
        response
            .body
            .read_to_end(&mut bytes)
            .map_err(|error| self.not_of_the_contract(&error.to_string()))?;
        self.decode(&bytes)
    }

    /// Reads a JSON text of the contract.
    pub(crate) fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, Error> {
        // serde's own text may quote a value.
        serde_json::from_slice(bytes).map_err(|error| {
            self.not_of_the_contract(&format!("line {}, column {} of the JSON", error.line(), error.column()))
        })
    }

    /// A response that can't be read.
    pub(crate) fn not_of_the_contract(&self, why: &str) -> Error {
        Error::NotOfTheContract { server: self.place().to_owned(), why: why.to_owned() }
    }

    fn attempt(&self, request: &Request) -> Result<Response, TransportError> {
        let began = Instant::now();
        let outcome = self.shared.transport.send(request);
        if let Some(observe) = &self.shared.observe {
            let text = match &outcome {
                Ok(response) => response.status.to_string(),
                Err(error) => error.to_string(),
            };
            observe(request.method, &request.target, &text, began.elapsed());
        }
        outcome
    }

    fn refusal(&self, response: Response) -> Error {
        let status = response.status;
        let is_problem =
            response.header("content-type").is_some_and(|it| it.starts_with("application/problem+json"));
        let mut bytes = Vec::new();
        // A body that breaks off is not a problem either.
        let _ = response.body.take(PROBLEM_BYTES_MAX).read_to_end(&mut bytes);
        match serde_json::from_slice::<ProblemJson>(&bytes) {
            Ok(problem) if is_problem => Error::Refused(Box::new(Problem(problem))),
            _ if matches!(status, 502..=504) => {
                Error::Unreachable { server: self.place().to_owned(), why: format!("status {status}") }
            }
            _ => self.not_of_the_contract(&format!("status {status}")),
        }
    }

    fn lost(&self, repeat: Repeat, sent: Sent, error: TransportError) -> Error {
        let (server, why) = (self.place().to_owned(), error.why);
        match (repeat, sent) {
            (Repeat::Always, _) | (_, Sent::No) => Error::Unreachable { server, why },
            (_, Sent::Maybe) => Error::OutcomeUnknown { server, why },
        }
    }
}

/// A server that is not ready yet may be soon; a write whose outcome is unknown is asked for by its key.
fn is_worth_repeating(status: u16, error: &Error) -> bool {
    match error {
        Error::Refused(problem) => {
            problem.0.status == 503
                && (problem.0.outcome == Some(Stored::Unknown) || problem.0.kind == "/problems/unavailable")
        }
        _ => matches!(status, 502..=504),
    }
}

/// Waits without a use of the processor.
pub(super) fn wait(time: Duration) {
    let _ = crossbeam_channel::after(time).recv();
}
