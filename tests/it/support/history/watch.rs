//! Watchers: they follow the log by a stream or by long polls, come back where they were when their server is gone,
//! and keep what they were told.

use std::io::{BufRead as _, BufReader};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::super::eventually::{rest, within};
use super::{Log, Target, lock};
use crate::support::http::Client;

const PAUSE: Duration = Duration::from_millis(20);
/// A stream is left after this long and taken up again by its last id.
const STREAM_TIME: Duration = Duration::from_millis(1_500);
const REACHED: Duration = Duration::from_secs(30);

/// How a watcher follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Stream,
    LongPoll,
}

/// A watcher at work. Dropped: told to stop.
#[derive(Debug)]
pub struct Watch {
    way: Way,
    told: Arc<Mutex<Vec<Value>>>,
    reached: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Follows from the log's beginning.
    pub fn start(target: &Target, way: Way) -> Self {
        let (told, reached, stop) = (Arc::default(), Arc::default(), Arc::default());
        let watcher = Watcher {
            target: target.clone(),
            told: Arc::clone(&told),
            reached: Arc::clone(&reached),
            stop: Arc::clone(&stop),
        };
        let work = move || match way {
            Way::Stream => watcher.stream(),
            Way::LongPoll => watcher.poll(),
        };
        let thread = std::thread::Builder::new().name(format!("{way:?}")).spawn(work).expect("a thread");
        Self { way, told, reached, stop, thread: Some(thread) }
    }

    /// Waits until the log's head is reached, and holds everything that was told against the log.
    ///
    /// # Errors
    /// What was told otherwise: skipped, repeated, in another order, or with other events.
    pub fn check(mut self, log: &Log) -> Result<(), String> {
        let reached = within(REACHED, || self.reached.load(Ordering::SeqCst) >= log.head);
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| format!("the {:?} watcher panicked", self.way))?;
        }
        reached.map_err(|_| {
            format!("{:?}: only {} of {} was told", self.way, self.reached.load(Ordering::SeqCst), log.head)
        })?;
        let told = lock(&self.told);
        let revisions: Vec<_> = told.iter().map(|change| change["revision"].as_u64()).collect();
        if !revisions.iter().copied().eq((1..=log.head).map(Some)) {
            return Err(format!("{:?}: the revisions are not 1..{}: {revisions:?}", self.way, log.head));
        }
        let mut rows = log.rows.iter().peekable();
        for change in told.iter() {
            let revision = change["revision"].as_u64().unwrap_or_default();
            let mut expected = Vec::new();
            while let Some(row) = rows.next_if(|row| row.revision == revision) {
                expected.push((Some(row.name.as_str()), row.value.as_deref(), Some(row.version)));
            }
            let events = change["events"].as_array().ok_or_else(|| format!("no events: {change}"))?;
            let shown: Vec<_> = events
                .iter()
                .map(|event| {
                    let data = &event["data"];
                    (data["config_name"].as_str(), data["value"].as_str(), event["stream_version"].as_u64())
                })
                .collect();
            if shown != expected {
                return Err(format!("{:?}: {change} instead of {expected:?}", self.way));
            }
        }
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Watcher {
    target: Target,
    told: Arc<Mutex<Vec<Value>>>,
    reached: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Watcher {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn keep(&self, change: Value) {
        let revision = change["revision"].as_u64().unwrap_or_default();
        lock(&self.told).push(change);
        self.reached.store(revision, Ordering::SeqCst);
    }

    fn stream(&self) {
        while !self.is_over() {
            // However it ends, it goes on after the last id.
            let _ended = self.one_stream();
            rest(PAUSE);
        }
    }

    fn one_stream(&self) -> Result<(), Box<dyn std::error::Error>> {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(STREAM_TIME)).build();
        let last = self.reached.load(Ordering::SeqCst).to_string();
        let url = format!("{}/v1/events", self.target.base());
        let request =
            config.new_agent().get(url).header("accept", "text/event-stream").header("last-event-id", last);
        let mut answer = request.call()?;
        let mut id = String::new();
        for line in BufReader::new(answer.body_mut().as_reader()).lines() {
            let line = line?;
            if let Some(text) = line.strip_prefix("id: ") {
                text.clone_into(&mut id);
            } else if let Some(text) = line.strip_prefix("data: ") {
                let change: Value = serde_json::from_str(text)?;
                let revision = id.split_once('-').map(|(revision, _)| revision);
                assert_eq!(
                    Some(&*change["revision"].to_string()),
                    revision,
                    "the id of a message is its place"
                );
                self.keep(change);
            }
            if self.is_over() {
                break;
            }
        }
        Ok(())
    }

    fn poll(&self) {
        while !self.is_over() {
            let after = self.reached.load(Ordering::SeqCst);
            let path = format!("/v1/events?after={after}&limit=100&wait=2s");
            let answer = Client::new(&self.target.base()).try_send("GET", &path, &[], None);
            match answer {
                Ok(answer) if answer.status == 200 => {
                    let page = answer.json();
                    for change in page["changes"].as_array().expect("changes") {
                        self.keep(change.clone());
                    }
                }
                _ => rest(PAUSE),
            }
        }
    }
}
