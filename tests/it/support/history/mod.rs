//! What clients did and were told, kept with its times, and held against the log afterwards.
//!
//! A [`Recorder`] keeps every call: who, when it began and ended, what was asked, what came back. `load`
//! makes calls, `log` reads what was stored, past the service, and `checks` compares the two. A test that
//! fails leaves the calls, the log and the server's files in a folder that it names (`scene`).

mod checks;
mod load;
mod log;
mod scene;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use checks::{check, check_replicas};
pub use load::{Load, Plan, Random};
pub use log::{Log, Row};
pub use scene::Scene;
pub use watch::{Watch, Way};

use serde_json::{Value, json};

use super::http::{Client, Response};

/// Longer than any deadline of the service's: a call without an answer by then is a fault of its own.
pub const CALL_DEADLINE: Duration = Duration::from_secs(20);

/// One call of a client.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which client; each makes one call at a time.
    pub client: usize,
    /// Which server was asked, by its place in the test.
    pub server: usize,
    pub begin: Duration,
    pub end: Duration,
    pub asked: Asked,
    pub told: Told,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A write, by the request id that it carries into the log; a repetition has the same one.
    Write {
        id: String,
        name: String,
        to: Option<String>,
        only_if: OnlyIf,
    },
    /// Sets of several names as one change.
    Transaction {
        id: String,
        sets: Vec<(String, String)>,
    },
    Read {
        name: String,
    },
    /// Everything.
    List,
}

/// The condition of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnlyIf {
    Always,
    /// `If-Match` with the revision of the value.
    Revision(u64),
    /// `If-None-Match: *`
    Absent,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The write made this revision.
    Written(u64),
    /// The write did not hold, on a log of at least this revision: 404, 410 or 412.
    Refused { at: u64, status: u16, current: Option<u64> },
    /// 503 or 507 with `outcome: not stored`.
    NotStored(u16),
    /// No answer, or one that says that the outcome is not known.
    Unknown(String),
    /// The value at a revision, with the revision of its last event; none: absent.
    Seen { at: u64, value: Option<(String, u64)> },
    /// Everything at a revision: name, value, and the revision of its last event.
    Listed { at: u64, items: Vec<(String, String, u64)> },
    /// A read without an answer.
    Nothing(String),
    /// What a server must never say.
    Wrong(String),
}

/// Where a server is; it moves when the server is started again.
#[derive(Clone, Debug)]
pub struct Target(Arc<Mutex<String>>);

impl Target {
    pub fn new(base: &str) -> Self {
        Self(Arc::new(Mutex::new(base.to_owned())))
    }

    pub fn moves_to(&self, base: &str) {
        base.clone_into(&mut lock(&self.0));
    }

    pub fn base(&self) -> String {
        lock(&self.0).clone()
    }
}

/// Keeps calls.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    calls: Mutex<Vec<Call>>,
}

impl Recorder {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), calls: Mutex::default() })
    }

    /// Everything so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// Writes that were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.count(|told| matches!(told, Told::Written(_)))
    }

    /// Answers of a kind so far.
    pub fn count(&self, is: impl Fn(&Told) -> bool) -> usize {
        lock(&self.calls).iter().filter(|call| is(&call.told)).count()
    }

    /// The time since the recording began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn keep(&self, call: Call) {
        lock(&self.calls).push(call);
    }
}

/// One client of one server, whose calls are kept.
#[derive(Debug)]
pub struct Caller {
    recorder: Arc<Recorder>,
    number: usize,
    server: usize,
    target: Target,
    connected: Option<(String, Client)>,
}

impl Caller {
    pub fn new(recorder: &Arc<Recorder>, number: usize, server: usize, target: &Target) -> Self {
        Self { recorder: Arc::clone(recorder), number, server, target: target.clone(), connected: None }
    }

    pub fn read(&mut self, name: &str) -> Told {
        let path = path(name);
        self.call(Asked::Read { name: name.to_owned() }, |client| client.try_send("GET", &path, &[], None))
    }

    /// Sets (or, to nothing, deletes) a name; `key` makes it an idempotent request.
    pub fn write(
        &mut self,
        id: &str,
        name: &str,
        to: Option<&str>,
        only_if: OnlyIf,
        key: Option<&str>,
    ) -> Told {
        let tag = match only_if {
            OnlyIf::Revision(revision) => format!("\"{revision}\""),
            OnlyIf::Absent => "*".to_owned(),
            OnlyIf::Always => String::new(),
        };
        let mut fields = vec![("x-request-id", id), ("content-type", "text/plain")];
        match only_if {
            OnlyIf::Always => {}
            OnlyIf::Revision(_) => fields.push(("if-match", &tag)),
            OnlyIf::Absent => fields.push(("if-none-match", &tag)),
        }
        fields.extend(key.map(|key| ("idempotency-key", key)));
        let path = path(name);
        let asked =
            Asked::Write { id: id.to_owned(), name: name.to_owned(), to: to.map(ToOwned::to_owned), only_if };
        self.call(asked, |client| {
            if let Some(value) = to {
                return client.try_send("PUT", &path, &fields, Some(value.as_bytes()));
            }
            fields.retain(|(name, _)| *name != "content-type");
            client.try_send("DELETE", &path, &fields, None)
        })
    }

    /// Sets several names as one change.
    pub fn transaction(&mut self, id: &str, sets: &[(String, String)], key: Option<&str>) -> Told {
        let operations: Vec<_> =
            sets.iter().map(|(name, value)| json!({"set": {"name": name, "value": value}})).collect();
        let body = json!({ "operations": operations }).to_string();
        let mut fields = vec![("x-request-id", id), ("content-type", "application/json")];
        fields.extend(key.map(|key| ("idempotency-key", key)));
        let asked = Asked::Transaction { id: id.to_owned(), sets: sets.to_vec() };
        self.call(asked, |client| client.try_send("POST", "/v1/transactions", &fields, Some(body.as_bytes())))
    }

    pub fn list(&mut self) -> Told {
        self.call(Asked::List, |client| client.try_send("GET", "/v1/config", &[], None))
    }

    fn call(&mut self, asked: Asked, send: impl FnOnce(&Client) -> Result<Response, ureq::Error>) -> Told {
        let base = self.target.base();
        if self.connected.as_ref().is_none_or(|(to, _)| *to != base) {
            self.connected = Some((base.clone(), Client::with_deadline(&base, CALL_DEADLINE)));
        }
        let client = &self.connected.as_ref().expect("just set").1;
        let begin = self.recorder.now();
        let answer = send(client);
        let end = self.recorder.now();
        let told = match (&asked, answer) {
            (Asked::Write { .. } | Asked::Transaction { .. }, Ok(response)) => told_of_write(&response),
            (Asked::Write { .. } | Asked::Transaction { .. }, Err(error)) => Told::Unknown(error.to_string()),
            (Asked::Read { .. }, Ok(response)) => told_of_read(&response),
            (Asked::List, Ok(response)) => told_of_list(&response),
            (Asked::Read { .. } | Asked::List, Err(error)) => Told::Nothing(error.to_string()),
        };
        let call = Call { client: self.number, server: self.server, begin, end, asked, told: told.clone() };
        self.recorder.keep(call);
        told
    }
}

fn told_of_write(response: &Response) -> Told {
    let (Some(at), wrong) = (revision(response), || Told::Wrong(format!("{response:?}"))) else {
        return Told::Wrong(format!("no Config-Revision: {response:?}"));
    };
    match response.status {
        200 => Told::Written(at),
        404 | 410 | 412 => {
            let current = response.json()["current_revision"].as_u64();
            Told::Refused { at, status: response.status, current }
        }
        503 | 507 => match response.json()["outcome"].as_str() {
            Some("not stored") => Told::NotStored(response.status),
            Some("unknown") => Told::Unknown(response.text.clone()),
            _ => wrong(),
        },
        // A bug, but an honest one: it doesn't claim that nothing was stored.
        500 if response.json()["outcome"] == "unknown" => Told::Unknown(response.text.clone()),
        _ => wrong(),
    }
}

fn told_of_read(response: &Response) -> Told {
    let wrong = || Told::Wrong(format!("{response:?}"));
    match (response.status, revision(response)) {
        (200, Some(at)) => {
            let tag =
                response.header("etag").and_then(|tag| tag.trim_matches('"').split('-').next()?.parse().ok());
            tag.map_or_else(wrong, |tag| Told::Seen { at, value: Some((response.text.clone(), tag)) })
        }
        (404, Some(at)) => Told::Seen { at, value: None },
        (503, _) => Told::Nothing(response.text.clone()),
        _ => wrong(),
    }
}

fn told_of_list(response: &Response) -> Told {
    let item = |item: &Value| {
        let text = |member: &str| Some(item[member].as_str()?.to_owned());
        Some((text("name")?, text("value")?, item["revision"].as_u64()?))
    };
    match (response.status, revision(response)) {
        (200, Some(at)) => {
            let body = response.json();
            let items = body.as_array().and_then(|items| items.iter().map(item).collect());
            items.map_or_else(|| Told::Wrong(format!("{response:?}")), |items| Told::Listed { at, items })
        }
        (503, _) => Told::Nothing(response.text.clone()),
        _ => Told::Wrong(format!("{response:?}")),
    }
}

fn revision(response: &Response) -> Option<u64> {
    response.header("config-revision")?.parse().ok()
}

fn path(name: &str) -> String {
    format!("/v1/config/{}", name.replace('/', "%2F"))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
