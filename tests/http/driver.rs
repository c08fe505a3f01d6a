//! Runs the service without a server: sends a request, follows its reply to the end.

use std::io::{ErrorKind, Read as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use configapi::application::{ConfigStore, Consistency, Options, PageLimit};
use configapi::domain::{Principal, Revision, Standing};
use configapi::presentation::http::{Api, ApiSettings};
use configapi::server::{
    Begun, Exchange, Refusal, Reply, RequestHead, Responder, Scheme, Service, StreamSource,
};
use rouille::{Request, Response};
use serde_json::Value;
use slog::{Discard, Logger, o};

use super::mounted::Mounted;

/// The service over a fresh store in memory.
pub struct Client {
    pub store: Arc<ConfigStore>,
    pub api: Arc<Api>,
    /// Where requests go if the contract is mounted in another server.
    mounted: Option<Mounted>,
}

/// What a client sees.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    /// Empty where the body is compressed.
    pub body: String,
    pub bytes: Vec<u8>,
}

/// A stream that has begun.
pub struct Stream {
    pub head: Answer,
    pub source: Box<dyn StreamSource>,
}

/// Either.
pub enum End {
    Answer(Answer),
    Stream(Stream),
}

impl Client {
    pub fn new() -> Self {
        Self::with(&Options::memory(), ApiSettings::default())
    }

    pub fn restart_mode() -> Self {
        Self::with(&Options::memory().consistency(Consistency::Restart), ApiSettings::default())
    }

    pub fn with(options: &Options, settings: ApiSettings) -> Self {
        let store = Arc::new(ConfigStore::open(options).unwrap());
        Self::over(store, settings)
    }

    pub fn over(store: Arc<ConfigStore>, settings: ApiSettings) -> Self {
        let api = Arc::new(Api::new(Arc::clone(&store), settings, Logger::root(Discard, o!())));
        let mounted = crate::MOUNTED.then(|| Mounted::start(&api));
        Self { store, api, mounted }
    }

    /// With principals by their `Authorization` header.
    #[allow(dead_code, reason = "not of the tests that are mounted")]
    pub fn identifying(
        store: Arc<ConfigStore>,
        identify: impl Fn(&RequestHead<'_>) -> Arc<Principal> + Send + Sync + 'static,
    ) -> Self {
        let logger = Logger::root(Discard, o!());
        // Without a token in the log, which could end.
        let identify = move |head: &RequestHead<'_>| {
            let mut principal = Principal::clone(&identify(head));
            principal.standing = Standing::Owner;
            Arc::new(principal)
        };
        let api = Arc::new(Api::identifying(Arc::clone(&store), ApiSettings::default(), logger, identify));
        Self { store, api, mounted: None }
    }

    /// One request; `fields` are `Name: value`.
    pub fn send(&self, method: &str, target: &str, fields: &[&str], body: &[u8]) -> Answer {
        if let Some(mounted) = &self.mounted {
            let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            if !fields.iter().any(|field| field.starts_with("Host:")) {
                fields.push("Host: localhost:4000".to_owned());
            }
            return mounted.send(method, target, &fields, body);
        }
        match self.exchange(method, target, fields, body) {
            End::Answer(answer) => answer,
            End::Stream(_) => panic!("{method} {target} began a stream"),
        }
    }

    pub fn stream(&self, target: &str, fields: &[&str]) -> Stream {
        match self.exchange("GET", target, fields, b"") {
            End::Stream(stream) => stream,
            End::Answer(answer) => panic!("{target} is no stream: {answer:?}"),
        }
    }

    /// Takes a request through the three steps of the seam, as the connection layer does.
    pub fn exchange(&self, method: &str, target: &str, fields: &[&str], body: &[u8]) -> End {
        let (exchange, reply) = self.start(method, target, fields, body);
        self.end(exchange.as_ref(), reply)
    }

    /// Up to the reply.
    pub fn start(
        &self,
        method: &str,
        target: &str,
        fields: &[&str],
        body: &[u8],
    ) -> (Arc<dyn Exchange>, Reply) {
        let split = |field: &&str| field.split_once(": ").map(|(name, value)| (name.into(), value.into()));
        let mut fields: Vec<(String, String)> = fields.iter().map(|field| split(field).unwrap()).collect();
        if !fields.iter().any(|(name, _)| name == "Host") {
            fields.push(("Host".into(), "localhost:4000".into()));
        }
        let Begun { exchange, admitted } = self.begin(method, target, &fields);
        let reply = match admitted {
            Ok(bytes_max) if body.len() as u64 > bytes_max => {
                let refusal = Refusal { status: 413, detail: "send a smaller body", limit: Some(bytes_max) };
                Reply::Ready(exchange.refuse(refusal))
            }
            Ok(_) => Arc::clone(&exchange).handle(&Request::fake_http(method, target, fields, body.to_vec())),
            Err(response) => Reply::Ready(response),
        };
        (exchange, reply)
    }

    /// The first step alone.
    pub fn begin(&self, method: &str, target: &str, fields: &[(String, String)]) -> Begun {
        let peer = ([127, 0, 0, 1], 12_345).into();
        let (scheme, now) = (Scheme::Http, Instant::now());
        let memory = configapi::server::ConnectionMemory::default();
        self.api.begin(&RequestHead { method, target, headers: fields, peer, scheme, now, memory: &memory })
    }

    /// Follows a reply to its end, as the connection layer does.
    pub fn end(&self, exchange: &dyn Exchange, mut reply: Reply) -> End {
        loop {
            reply = match reply {
                Reply::Ready(response) => return End::Answer(Answer::of(exchange, response)),
                Reply::Pooled(work) | Reply::Search { turn: work, .. } => work(),
                Reply::Deferred { start, deadline, expired } => {
                    let (sender, answered) = channel();
                    start(Responder::calling(move |reply| drop(sender.send(reply))));
                    match answered.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                        Ok(reply) => reply.expect("the responder was dropped unanswered"),
                        Err(RecvTimeoutError::Timeout) => expired(),
                        Err(error) => panic!("{error}"),
                    }
                }
                Reply::Waiting { poll, deadline, expired } => self.wait(poll, deadline, expired),
                Reply::Stream { head, source } => {
                    return End::Stream(Stream { head: Answer::of(exchange, head), source });
                }
            }
        }
    }

    fn wait(
        &self,
        mut poll: Box<dyn FnMut() -> Option<Reply> + Send>,
        deadline: Instant,
        expired: Box<dyn FnOnce() -> Reply + Send>,
    ) -> Reply {
        let (bell, rung): (Sender<()>, Receiver<()>) = channel();
        self.store.on_advance(move || {
            // The driver may be gone before the store.
            let _ = bell.send(());
        });
        loop {
            if let Some(reply) = poll() {
                return reply;
            }
            if rung.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_err() {
                return expired();
            }
        }
    }

    pub fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], b"")
    }

    pub fn get_json(&self, target: &str) -> Value {
        let answer = self.send("GET", target, &["Accept: application/json"], b"");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The place of a revision.
    pub fn place(&self, revision: u64) -> String {
        let one = PageLimit { rows: 1, bytes: usize::MAX };
        let found = self.store.changes_after(Revision::new(revision - 1), one).unwrap();
        found[0].place().to_string()
    }

    /// The tag of a revision's place.
    pub fn tag(&self, revision: u64) -> String {
        format!("\"{}\"", self.place(revision))
    }

    /// Sets a value as text.
    pub fn put(&self, name: &str, value: &str) -> Answer {
        let answer =
            self.send("PUT", &format!("/v1/config/{name}"), &["Content-Type: text/plain"], value.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub fn delete(&self, name: &str) -> Answer {
        let answer = self.send("DELETE", &format!("/v1/config/{name}"), &[], b"");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub fn post(&self, target: &str, body: &Value) -> Answer {
        self.send("POST", target, &["Content-Type: application/json"], body.to_string().as_bytes())
    }
}

impl Answer {
    pub fn with(status: u16, fields: Vec<(String, String)>, bytes: Vec<u8>) -> Self {
        let is_compressed = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Encoding"));
        let text = if is_compressed { &[] } else { bytes.as_slice() };
        let body = std::str::from_utf8(text).unwrap().to_owned();
        Self { status, fields, body, bytes }
    }

    pub fn of(exchange: &dyn Exchange, mut response: Response) -> Self {
        exchange.finish(response.status_code, None, &mut response.headers);
        let fields = response.headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let fields: Vec<(String, String)> = fields.collect();
        let mut reader = response.data.into_reader_and_size().0;
        let mut read = Vec::new();
        // A body gives the pool's thread back now and then.
        while let Err(error) = reader.read_to_end(&mut read) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "the body breaks off: {error}");
        }
        Self::with(response.status_code, fields, read)
    }

    /// A field that stands once at most.
    pub fn field(&self, name: &str) -> &str {
        let mut found = self.fields.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str()).unwrap_or_default();
        assert!(found.next().is_none(), "{name} stands twice: {self:?}");
        value
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The end of the problem's type; that it is a whole problem is checked on the way.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.field("Content-Type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        let kind = problem["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        kind.unwrap_or_else(|| panic!("no type: {problem}")).to_owned()
    }
}

/// A client whose waits end at once.
pub fn impatient() -> ApiSettings {
    ApiSettings { revision_wait: Duration::from_millis(20), ..ApiSettings::default() }
}
