//! The promises, as checks of what clients were told against what the log holds.
//!
//! Revisions give the order of all writes, so that a linear walk is enough: nothing has to be searched for.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{Asked, Call, Log, OnlyIf, Row, Target, Told};
use crate::support::http::Client;

/// Every promise that a history and a log can show; the first broken ones are the error.
///
/// # Errors
/// What does not hold, a line each, twenty at most.
pub fn check(calls: &[Call], log: &Log) -> Result<(), String> {
    let mut found = Findings::default();
    numbers(log, &mut found);
    let watermark = Watermark::new(calls, |_| true);
    let of_server: HashMap<usize, Watermark> = calls
        .iter()
        .map(|call| call.server)
        .collect::<HashSet<_>>()
        .into_iter()
        .map(|server| (server, Watermark::new(calls, |call| call.server == server)))
        .collect();
    let (requests, states, tries) = (log.requests(), log.states(), tries(calls));
    for call in calls {
        let floor = watermark.before(call.begin);
        match (&call.asked, &call.told) {
            (_, Told::Wrong(what)) => found.add(call, &format!("an answer that may never be: {what}")),
            (Asked::Read { name }, Told::Seen { at, value }) => {
                let state = state_at(&states, name, *at);
                let expected = state.and_then(|row| Some((row.value.clone()?, row.revision)));
                found.expect(*value == expected, call, &format!("the fold at {at} is {expected:?}"));
                found.expect(*at <= log.head, call, "it shows a revision that is not in the log");
                let known = of_server[&call.server].before(call.begin);
                found.expect(*at >= known, call, &format!("this server acknowledged {known} before"));
            }
            (Asked::Write { id, name, to, only_if }, told) => {
                let stored = requests.get(id.as_str()).map_or(&[][..], Vec::as_slice);
                found.expect(stored.len() <= 1, call, "one request is in the log more than once");
                write(call, told, stored, &mut found);
                if let Some(row) = stored.first() {
                    let same = row.name == *name && row.value == *to;
                    found.expect(same, call, &format!("the log has another content: {row:?}"));
                    held(call, *only_if, row, &states, &mut found);
                    stored_in_time(call, row, &tries[id.as_str()], &watermark, &mut found);
                }
                if let Told::Refused { at, status, current } = told {
                    refused(call, (floor, *at), (*status, *current), &states, &mut found);
                }
            }
            (Asked::Transaction { id, sets }, told) => {
                let stored = requests.get(id.as_str()).map_or(&[][..], Vec::as_slice);
                write(call, told, stored, &mut found);
                if let Some(row) = stored.first() {
                    let held: Vec<_> =
                        stored.iter().map(|row| (&row.name, row.value.as_ref(), row.revision)).collect();
                    let expected: Vec<_> =
                        sets.iter().map(|(name, to)| (name, Some(to), row.revision)).collect();
                    found.expect(held == expected, call, &format!("it is not one whole change: {stored:?}"));
                    stored_in_time(call, row, &tries[id.as_str()], &watermark, &mut found);
                }
            }
            (Asked::List, Told::Listed { at, items }) => {
                let tree = log.tree_at(*at);
                let expected = tree.values().map(|row| (&row.name, row.value.as_ref(), row.revision));
                let shown = items.iter().map(|(name, value, revision)| (name, Some(value), *revision));
                found.expect(shown.eq(expected), call, "the list is not the fold at its revision");
                let known = of_server[&call.server].before(call.begin);
                found.expect(*at >= known, call, &format!("this server acknowledged {known} before"));
            }
            (Asked::Read { .. } | Asked::List, _) => {}
        }
    }
    monotonic_reads(calls, &mut found);
    found.into_result()
}

/// Whether servers show the same tree, byte for byte, at one revision, and that it is the log's.
///
/// # Errors
/// What differs.
pub fn check_replicas(targets: &[Target], log: &Log) -> Result<(), String> {
    let path = format!("/v1/config?at={}", log.head);
    let wait = [("prefer", "wait=10")];
    let shown: Vec<_> = targets
        .iter()
        .map(|target| Client::new(&target.base()).send("GET", &path, &wait, None))
        .map(|response| (response.status, response.text))
        .collect();
    let now: Vec<_> = targets
        .iter()
        .map(|target| {
            let least = log.head.to_string();
            let fields = [("config-min-revision", least.as_str()), ("prefer", "wait=10")];
            Client::new(&target.base()).send("GET", "/v1/config", &fields, None).text
        })
        .collect();
    let tree = log.tree_at(log.head);
    let items = serde_json::from_str::<serde_json::Value>(&now[0]).map_err(|error| error.to_string())?;
    let items = items.as_array().ok_or_else(|| format!("no list: {}", now[0]))?;
    let held: Vec<_> = items.iter().map(|item| (item["name"].as_str(), item["value"].as_str())).collect();
    let expected: Vec<_> = tree.iter().map(|(name, row)| (Some(*name), row.value.as_deref())).collect();
    if held != expected {
        return Err(format!("the tree is not the fold of the log: {held:?} instead of {expected:?}"));
    }
    for (place, text) in now.iter().enumerate() {
        if *text != now[0] || shown[place] != (200, now[0].clone()) {
            return Err(format!(
                "server {place} differs at {}: {text}\n{:?}\n{}",
                log.head, shown[place], now[0]
            ));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, call: &Call, what: &str) {
        self.0.push(format!("{what}: {call:?}"));
    }

    fn expect(&mut self, holds: bool, call: &Call, what: &str) {
        if !holds {
            self.add(call, what);
        }
    }

    fn into_result(self) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} findings, the first of them:\n{}",
            self.0.len(),
            self.0[..self.0.len().min(20)].join("\n")
        ))
    }
}

/// G2 and G3: revisions 1..n, versions 1..n, instants that rise.
fn numbers(log: &Log, found: &mut Findings) {
    let mut wrong = |holds: bool, what: &dyn Fn() -> String| {
        if !holds {
            found.0.push(what());
        }
    };
    let mut revisions: Vec<u64> = log.rows.iter().map(|row| row.revision).collect();
    revisions.dedup();
    wrong(revisions.iter().copied().eq(1..=log.head), &|| {
        format!("revisions are not 1..{}: {revisions:?}", log.head)
    });
    wrong(log.changes == log.head, &|| format!("{} changes, and the head is {}", log.changes, log.head));
    for pair in log.rows.windows(2).filter(|pair| pair[0].revision != pair[1].revision) {
        wrong(pair[0].instant_us < pair[1].instant_us, &|| format!("instants do not rise at {:?}", pair[1]));
    }
    for (name, rows) in log.states() {
        let versions: Vec<u64> = rows.iter().map(|row| row.version).collect();
        wrong(versions.iter().copied().eq(1..=rows.len() as u64), &|| {
            format!("versions of {name}: {versions:?}")
        });
    }
}

/// G1 and G10: what a writer was told against what is stored.
fn write(call: &Call, told: &Told, stored: &[&Row], found: &mut Findings) {
    match told {
        Told::Written(revision) => {
            let there = stored.iter().any(|row| row.revision == *revision);
            found.expect(
                there,
                call,
                &format!("an acknowledged write is not at {revision}; the log has {stored:?}"),
            );
        }
        // A repetition that is refused was never stored by an earlier try either: the key would have been found.
        Told::Refused { .. } => found.expect(stored.is_empty(), call, "it was refused, and is stored"),
        Told::NotStored(_) | Told::Unknown(_) | Told::Wrong(_) => {}
        Told::Seen { .. } | Told::Listed { .. } | Told::Nothing(_) => {
            found.add(call, "a read's answer to a write")
        }
    }
}

/// What is stored was not said to be absent, and comes after all that was acknowledged before it was first asked
/// for: a repetition is told the first one's revision, which may lie long before.
fn stored_in_time(call: &Call, row: &Row, tries: &Tries, watermark: &Watermark, found: &mut Findings) {
    found.expect(tries.may_be_stored, call, "every try was told that it was not stored");
    let floor = watermark.before(tries.first);
    found.expect(row.revision > floor, call, &format!("revision {floor} was acknowledged before"));
}

/// A compare-and-set that is in the log met what it asked for.
fn held(call: &Call, only_if: OnlyIf, row: &Row, states: &HashMap<&str, Vec<&Row>>, found: &mut Findings) {
    let before = state_at(states, &row.name, row.revision - 1);
    let present = before.filter(|before| before.value.is_some()).map(|before| before.revision);
    let holds = match only_if {
        OnlyIf::Always => true,
        OnlyIf::Revision(revision) => present == Some(revision),
        OnlyIf::Absent => present.is_none(),
    };
    found.expect(holds, call, &format!("it is stored, and its condition did not hold: {before:?}"));
    found.expect(row.value.is_some() || present.is_some(), call, "a delete of what was not there is stored");
}

/// A refusal is true of some state between what was acknowledged before the call and what it says it saw.
fn refused(
    call: &Call,
    (floor, at): (u64, u64),
    (code, current): (u16, Option<u64>),
    states: &HashMap<&str, Vec<&Row>>,
    found: &mut Findings,
) {
    let Asked::Write { name, only_if, .. } = &call.asked else { return };
    let rows = states.get(name.as_str()).map_or(&[][..], Vec::as_slice);
    let first = rows.partition_point(|row| row.revision <= floor).checked_sub(1);
    let seen = rows.iter().skip(first.unwrap_or(0)).take_while(|row| row.revision <= at);
    let mut revisions: Vec<u64> =
        seen.map(|row| if row.value.is_some() { row.revision } else { 0 }).collect();
    if first.is_none() {
        revisions.push(0);
    }
    let holds = |present: u64| match (code, only_if) {
        (412, OnlyIf::Revision(wanted)) => {
            present != *wanted && current.is_none_or(|current| current == present)
        }
        (412, OnlyIf::Absent) => present != 0 && current.is_none_or(|current| current == present),
        (404 | 410, _) => present == 0,
        _ => false,
    };
    let holds = revisions.iter().any(|&present| holds(present));
    found.expect(holds, call, &format!("no state from {floor} to {at} refuses it: {revisions:?}"));
    found.expect(at >= floor, call, &format!("it was refused on {at}, and {floor} was acknowledged before"));
}

/// G4: what one client sees of one server never goes back, and holds what it wrote itself.
fn monotonic_reads(calls: &[Call], found: &mut Findings) {
    let mut seen: HashMap<(usize, usize), u64> = HashMap::new();
    for call in calls {
        let last = seen.entry((call.client, call.server)).or_default();
        match call.told {
            Told::Seen { at, .. } | Told::Listed { at, .. } => {
                found.expect(at >= *last, call, &format!("this client knew revision {last} of this server"));
                *last = at.max(*last);
            }
            Told::Written(at) => *last = at.max(*last),
            _ => {}
        }
    }
}

fn state_at<'a>(states: &HashMap<&str, Vec<&'a Row>>, name: &str, revision: u64) -> Option<&'a Row> {
    let rows = states.get(name)?;
    rows[..rows.partition_point(|row| row.revision <= revision)].last().copied()
}

/// What was tried under one request id.
struct Tries {
    first: Duration,
    /// One of them was acknowledged, or its outcome not known.
    may_be_stored: bool,
}

fn tries(calls: &[Call]) -> HashMap<&str, Tries> {
    let mut tries: HashMap<&str, Tries> = HashMap::new();
    for call in calls {
        let (Asked::Write { id, .. } | Asked::Transaction { id, .. }) = &call.asked else { continue };
        let these = tries.entry(id).or_insert(Tries { first: call.begin, may_be_stored: false });
        these.first = these.first.min(call.begin);
        these.may_be_stored |= matches!(call.told, Told::Written(_) | Told::Unknown(_));
    }
    tries
}

/// The highest revision that was acknowledged by an instant: what begins later comes later.
struct Watermark(Vec<(Duration, u64)>);

impl Watermark {
    fn new(calls: &[Call], counts: impl Fn(&Call) -> bool) -> Self {
        let mut ends: Vec<_> = calls
            .iter()
            .filter(|call| counts(call))
            .filter_map(|call| match call.told {
                Told::Written(revision) => Some((call.end, revision)),
                _ => None,
            })
            .collect();
        ends.sort_unstable();
        let mut highest = 0;
        for (_, revision) in &mut ends {
            highest = highest.max(*revision);
            *revision = highest;
        }
        Self(ends)
    }

    fn before(&self, instant: Duration) -> u64 {
        let ended = self.0.partition_point(|(end, _)| *end < instant);
        ended.checked_sub(1).map_or(0, |last| self.0[last].1)
    }
}
