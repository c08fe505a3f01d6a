//! Clients at work: threads that write and read until they are told to stop, each with its own random choices.
//!
//! Every write has an id that goes into the log and a value that no other write has. Some have an idempotency
//! key and are sent again until it is known what came of them; some have a condition on what was read last.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::super::eventually::rest;
use super::{Caller, OnlyIf, Recorder, Target, Told};

/// After an answer that is no success, so that a server that is down is not asked a thousand times a second.
const PAUSE: Duration = Duration::from_millis(20);

/// What the clients do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub clients: usize,
    /// How many names they share: few make them contend.
    pub names: u64,
    pub seed: u64,
}

/// Clients at work. Dropped: told to stop.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Clients that take turns among the servers, each staying with its own.
    pub fn start(recorder: &Arc<Recorder>, targets: &[Target], plan: Plan) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        // Two loads of one recording have clients and ids of their own.
        let base = recorder.calls().iter().map(|call| call.client + 1).max().unwrap_or(0);
        let clients = (base..base + plan.clients).map(|number| {
            let server = number % targets.len();
            let caller = Caller::new(recorder, number, server, &targets[server]);
            let mut client = Client {
                caller,
                number,
                random: Random(plan.seed ^ (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
                plan,
                stop: Arc::clone(&stop),
            };
            let work = move || client.work();
            std::thread::Builder::new().name(format!("client {number}")).spawn(work).expect("a thread")
        });
        let clients = clients.collect();
        Self { stop, clients }
    }

    /// Waits until every client has had the answer to its last call.
    pub fn finish(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients.drain(..) {
            client.join().expect("a client doesn't panic");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Client {
    caller: Caller,
    number: usize,
    random: Random,
    plan: Plan,
    stop: Arc<AtomicBool>,
}

impl Client {
    fn work(&mut self) {
        for count in 0_u64.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            match self.random.below(16) {
                0 => {
                    self.caller.list();
                }
                1 | 2 => {
                    self.transaction(count);
                    continue;
                }
                _ => {}
            }
            let name = format!("app/{}", self.random.below(self.plan.names));
            let seen = match self.random.below(4) {
                0 => self.caller.read(&name),
                _ => Told::Nothing(String::new()),
            };
            self.write(&name, count, &seen);
        }
    }

    fn write(&mut self, name: &str, count: u64, seen: &Told) {
        let id = format!("w{}-{count}", self.number);
        let value = format!("value of {id}");
        let to = (self.random.below(8) > 0).then_some(value.as_str());
        let only_if = match seen {
            Told::Seen { value: Some((_, revision)), .. } => OnlyIf::Revision(*revision),
            Told::Seen { value: None, .. } if to.is_some() => OnlyIf::Absent,
            _ => OnlyIf::Always,
        };
        let key = (self.random.below(2) == 0).then_some(id.as_str());
        self.until_known(key, |caller| caller.write(&id, name, to, only_if, key));
    }

    /// Two or three names at once.
    fn transaction(&mut self, count: u64) {
        let id = format!("t{}-{count}", self.number);
        let first = self.random.below(self.plan.names);
        let names = (first..first + 2 + self.random.below(2)).map(|number| number % self.plan.names);
        let names: BTreeSet<_> = names.map(|number| format!("app/{number}")).collect();
        let sets: Vec<_> = names.into_iter().map(|name| (name, format!("value of {id}"))).collect();
        let key = (self.random.below(2) == 0).then_some(id.as_str());
        self.until_known(key, |caller| caller.transaction(&id, &sets, key));
    }

    /// Sends a write, and one with a key again until it is known what came of it.
    fn until_known(&mut self, key: Option<&str>, mut send: impl FnMut(&mut Caller) -> Told) {
        loop {
            let told = send(&mut self.caller);
            let again = matches!(told, Told::Unknown(_) | Told::NotStored(_));
            if again {
                rest(PAUSE);
            }
            // Without a key a repetition would be another write.
            if !again || key.is_none() || self.stop.load(Ordering::SeqCst) {
                return;
            }
        }
    }
}

/// Splitmix64: small, and the same from one seed.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
