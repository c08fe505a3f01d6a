//! A served log with visible and hidden names, and the same log with other hidden ones.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use configapi::application::{AuditSink, ConfigStore, Options, PageLimit};
use configapi::domain::{Change, Permission, Principal, Revision, Standing};
use configapi::presentation::http::{Api, ApiSettings};
use configapi::server::{Bell, ConnectionLimits, Listener, Server};
use slog::{Drain, KV, Logger, OwnedKVList, Record, o};
use tempfile::TempDir;

use super::people::{STRANGER, Who, principal};
use super::text::{without_chunks, without_heartbeats};

/// Names, values, actors, reasons, requests and traces of changes that are hidden from all but everybody.
pub const HIDDEN: &[&str] = &["HNAME", "HVALUE", "HACTOR", "HREASON", "HREQUEST", "ba5eba11"];
/// Values and reasons at and below `app/a`.
pub const SEEN_VALUES: &[&str] = &["SVALUE", "SREASON"];
/// Names below `app/a`.
pub const SEEN_NAMES: &[&str] = &["SNAME"];
/// What no log line and no audit record may have.
pub const VALUES: &[&str] = &["HVALUE", "SVALUE"];

/// How a second world differs from the first. The texts have other lengths and sort elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    Nothing,
    /// In what is outside `app/a`.
    Outside,
    /// In values and reasons at and below `app/a` too.
    Values,
    /// In names below it too.
    Everything,
}

const OTHERS: &[(Other, &str, &str)] = &[
    (Other::Outside, "HNAME", "QOTHER"),
    (Other::Outside, "HVALUE", "a longer text than the QVALUE of the first world"),
    (Other::Outside, "HACTOR", "QSOMEBODY"),
    (Other::Outside, "HREASON", "QWHY"),
    (Other::Outside, "HREQUEST", "QREQUEST-OTHER"),
    (Other::Outside, "ba5eba11", "0ddba110"),
    (Other::Values, "SVALUE", "QSEEN as something longer"),
    (Other::Values, "SREASON", "QBECAUSE"),
    (Other::Everything, "SNAME", "QKNOWN-OTHER"),
];

const TRACE: &str = "traceparent: 00-ba5eba11ba5eba11ba5eba11ba5eba11-00f067aa0ba902b7-01";

/// The changes 1 to 12, each with its actor and its reason. The first and the last are visible at `app/a`.
const SEED: &[(&str, &str, &str)] = &[
    ("root", "SREASON", "PUT /v1/config/app%2Fa%2FSNAMEx\n\nSVALUEold"),
    ("HACTOR", "HREASON", "PUT /v1/config/app%2FaHNAME1\n\nHVALUE1"),
    ("root", "SREASON", "PUT /v1/config/app%2Fa%2FSNAMEx\n\nSVALUEnew"),
    ("HACTOR", "HREASON", "PUT /v1/config/app%2FHNAME2\n\nHVALUE2"),
    ("root", "SREASON", "PUT /v1/config/app%2Fa%2FSNAMEgone\n\nSVALUEgone"),
    ("root", "SREASON", "DELETE /v1/config/app%2Fa%2FSNAMEgone"),
    ("HACTOR", "HREASON", "PUT /v1/config/HNAME3%2Fz\n\nHVALUE3"),
    // Hidden and deleted is as hidden and present.
    ("HACTOR", "HREASON", "DELETE|PUT /v1/config/HNAME3%2Fz"),
    (
        "root",
        "SREASON",
        r#"POST /v1/transactions

{"operations":[{"set":{"name":"app/a/SNAMEmixed","value":"SVALUEmixed"}},{"set":{"name":"HNAME4","value":"HVALUE4"}}]}"#,
    ),
    ("root", "SREASON", "PUT /v1/config/app%2Fa\n\nSVALUEroot"),
    ("HACTOR", "HREASON", "PUT /v1/config/app%2FaHNAME1\n\nHVALUE5"),
    ("root", "SREASON", "PUT /v1/config/app%2Fa%2FSNAMElast\n\nSVALUElast"),
];

/// What was sent and received.
#[derive(Default)]
pub struct Seen {
    /// Everything that was sent, as text.
    pub sent: String,
    /// Everything that came back.
    pub received: String,
    /// The places at which a stream began or was reset.
    pub positions: Vec<String>,
    /// Method and target of each request.
    pub targets: Vec<(String, String)>,
}

impl Seen {
    fn note(&mut self, request: &str) {
        self.sent.push_str(request);
        self.sent.push('\n');
        let (method, target) = request.lines().next().unwrap().split_once(' ').unwrap();
        self.targets.push((method.to_owned(), target.to_owned()));
    }
}

pub struct World {
    other: Other,
    store: Arc<ConfigStore>,
    server: Server,
    lines: Lines,
    folder: TempDir,
}

impl World {
    pub fn first() -> Self {
        Self::with(Other::Nothing)
    }

    pub fn other_for(who: Who) -> Self {
        Self::with(who.other())
    }

    fn with(other: Other) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Lines::default();
        let logger = Logger::root(lines.clone().fuse(), o!());
        let options =
            Options::memory().logger(logger.clone()).audit(AuditSink::File(folder.path().join("audit")));
        let store = Arc::new(ConfigStore::open(&options).unwrap());
        let identify = |head: &configapi::server::RequestHead<'_>| {
            let found = principal(head.header("Authorization").unwrap().trim_start_matches("Bearer "));
            // Without a token in the log, which could end.
            let mut found = Principal::clone(&found);
            found.standing = Standing::Owner;
            Arc::new(found)
        };
        let api = Api::identifying(Arc::clone(&store), ApiSettings::default(), logger.clone(), identify);
        let listener = Listener::tcp(TcpListener::bind("127.0.0.1:0").unwrap()).unwrap();
        let limits =
            ConnectionLimits { heartbeat_interval: Duration::from_millis(50), ..ConnectionLimits::default() };
        let bell = Bell::new();
        let ring = bell.clone();
        store.on_advance(move || ring.ring());
        let server = Server::start(vec![listener], Arc::new(api), &bell, limits, logger).unwrap();
        let world = Self { other, store, server, lines, folder };
        for (actor, reason, request) in SEED {
            world.act(actor, reason, request);
        }
        world.show_to_others();
        world
    }

    /// A change of an actor without limits. What is hidden, and from whom, has this world's texts.
    pub fn act(&self, actor: &str, reason: &str, request: &str) {
        let hidden = actor == "HACTOR";
        let request = match request.strip_prefix("DELETE|PUT") {
            Some(rest) if self.other == Other::Nothing => format!("DELETE{rest}"),
            Some(rest) => format!("PUT{rest}\n\nHVALUE6"),
            None => request.to_owned(),
        };
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
        let fields =
            if hidden { format!("X-Request-Id: HREQUEST\n{TRACE}") } else { "X-Request-Id: seed".into() };
        let request = self.text(&format!("{head}\nConfig-Reason: {reason}\n{fields}\n\n{body}"));
        let answered = self.exchange(&self.text(actor), &request);
        assert!(answered.starts_with("HTTP/1.1 200 "), "{request}: {answered}");
    }

    /// Has others see the feed first: what is encoded for one of them must not be sent to another.
    pub fn show_to_others(&self) {
        for token in [STRANGER, "root"] {
            let page = self.exchange(token, "GET /v1/events");
            assert!(page.contains(&self.text("HVALUE4")), "{page}");
        }
    }

    /// The text of the first world as it is in this one.
    fn text(&self, text: &str) -> String {
        let others = OTHERS.iter().filter(|(from, ..)| *from <= self.other);
        others.fold(text.to_owned(), |text, (_, first, other)| text.replace(first, other))
    }

    /// Sends a request as a principal: `METHOD target`, fields, an empty line, the body. `{place:3}` and
    /// `{instant:3}` are those of a change.
    pub fn visit(&self, who: Who, request: &str, seen: &mut Seen) {
        let request = self.filled(request);
        seen.note(&request);
        seen.received.push_str(&self.exchange(who.actor(), &format_with_id(&request)));
    }

    /// Opens a stream, does something, and reads until the stream has reached the head of the log.
    pub fn watch(&self, who: Who, request: &str, seen: &mut Seen, meanwhile: impl FnOnce()) {
        let request = self.filled(request);
        seen.note(&request);
        let mut socket = self.connect();
        socket.write_all(raw(who.actor(), &format_with_id(&request)).as_bytes()).unwrap();
        let mut received = read_until(&mut socket, String::new(), "retry: ");
        meanwhile();
        let reached = format!(": heartbeat\nid: {}\n", self.head());
        received = read_until(&mut socket, received, &reached);
        let stream = without_heartbeats(&without_chunks(&received));
        let positions = stream.split("\n\n").filter(|block| !block.contains("event: change\n"));
        let ids = positions.flat_map(str::lines).filter_map(|line| line.strip_prefix("id: "));
        seen.positions.extend(ids.map(str::to_owned));
        seen.received.push_str(&stream);
    }

    fn filled(&self, request: &str) -> String {
        let mut filled = request.to_owned();
        for (at, change, place) in self.changes() {
            filled = filled.replace(&format!("{{place:{at}}}"), &place);
            filled = filled.replace(&format!("{{instant:{at}}}"), &change.instant.to_string());
        }
        filled.replace("{head}", &self.head())
    }

    fn exchange(&self, token: &str, request: &str) -> String {
        let mut socket = self.connect();
        socket.write_all(raw(token, request).as_bytes()).unwrap();
        let mut received = String::new();
        socket.read_to_string(&mut received).unwrap();
        without_chunks(&received)
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.server.local_addr()).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        socket
    }

    /// The place of the last change.
    pub fn head(&self) -> String {
        self.store.head().to_string()
    }

    fn changes(&self) -> Vec<(u64, Change, String)> {
        let all = PageLimit { rows: 10_000, bytes: usize::MAX };
        let changes = self.store.changes_after(Revision::ZERO, all).unwrap().into_iter();
        changes
            .map(|found| (found.change.revision.get(), found.change.clone(), found.place().to_string()))
            .collect()
    }

    /// The places and instants of the changes of which a principal may see nothing.
    pub fn hidden_traces(&self, who: Who) -> Vec<String> {
        let principal = principal(who.actor());
        let traces = |(_, change, place): (u64, Change, String)| {
            let may = |permission| change.events.iter().any(|event| principal.may(permission, &event.name));
            let (reads, writes) = (may(Permission::Read), may(Permission::Write));
            // A writer may know at which place a name is that it may write, and nothing else of its change.
            let place = (!reads && !writes).then_some(place);
            place.into_iter().chain(
                (!reads && change.metadata.actor.as_ref() != who.actor()).then(|| change.instant.to_string()),
            )
        };
        self.changes().into_iter().flat_map(traces).collect()
    }

    /// What the log lines and the audit file have, once everything has stopped.
    pub fn left_behind(&self) -> String {
        self.server.stop_now();
        self.store.stop();
        let audited = std::fs::read_to_string(self.folder.path().join("audit")).unwrap();
        assert!(audited.contains("SNAMElast") && audited.contains("HNAME1"), "{audited}");
        let lines = self.lines.0.lock().unwrap();
        assert!(lines.contains("request answered"), "there are no access lines");
        audited + &lines
    }
}

fn format_with_id(request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    format!("{head}\nX-Request-Id: visit\n\n{body}")
}

fn raw(token: &str, request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (line, fields) = head.split_once('\n').unwrap_or((head, ""));
    let mut raw = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    );
    for field in fields.lines() {
        let _ = write!(raw, "{field}\r\n");
    }
    let method = line.split(' ').next().unwrap();
    if matches!(method, "PUT" | "POST") {
        let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
        if !fields.contains("Content-Type") {
            let _ = write!(raw, "Content-Type: {kind}\r\n");
        }
        let _ = write!(raw, "Content-Length: {}\r\n", body.len());
    }
    raw + "\r\n" + body
}

fn read_until(socket: &mut TcpStream, mut received: String, wanted: &str) -> String {
    let mut buffer = [0; 4096];
    loop {
        let whole = without_chunks(&received);
        if whole.contains(wanted) {
            return received;
        }
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended before {wanted}: {received}");
        received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
}

/// Keeps every line, with its keys and values.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Drain for Lines {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), slog::Never> {
        struct Pairs<'a>(&'a mut String);
        impl slog::Serializer for Pairs<'_> {
            fn emit_arguments(&mut self, key: slog::Key, value: &std::fmt::Arguments<'_>) -> slog::Result {
                write!(self.0, " {key}={value};").map_err(slog::Error::from)
            }
        }
        let mut lines = self.0.lock().unwrap();
        let _ = writeln!(lines, "{}", record.msg());
        record.kv().serialize(record, &mut Pairs(&mut lines)).unwrap();
        Ok(())
    }
}
