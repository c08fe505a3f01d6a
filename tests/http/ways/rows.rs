//! The rows: every way to a value, as requests.

use super::access::ACCESS;
use super::feeds::{FEEDS, LIVE};
use super::people::Who;
use super::policy::POLICY;
use super::reads::READS;
use super::world::{Seen, World};
use super::writes::{REFUSED_OR_PREVIEWED, WRITES};

/// One way to values.
pub struct Row {
    pub name: &'static str,
    pub run: Run,
    pub compare: Compare,
    /// What a principal sees that may read at `app/a`.
    pub reader: &'static [&'static str],
    /// What one sees that may write there; all others get 403.
    pub writer: &'static [&'static str],
    /// What one sees that may do both.
    pub both: &'static [&'static str],
    /// What everybody sees and the others do not.
    pub reveals: &'static [&'static str],
}

/// What a row does.
#[derive(Clone, Copy)]
pub enum Run {
    Requests(&'static [&'static str]),
    Script(fn(&World, Who, &mut Seen)),
}

/// Whether the response is the same in two worlds that differ in what is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Bytes,
    /// It has durations or counts.
    Nothing,
}

const ROW: Row = Row {
    name: "",
    run: Run::Requests(&[]),
    compare: Compare::Bytes,
    reader: &[],
    writer: &[],
    both: &[],
    reveals: &[],
};

pub const fn asks(name: &'static str, requests: &'static [&'static str]) -> Row {
    Row { name, run: Run::Requests(requests), ..ROW }
}

pub const fn script(name: &'static str, script: fn(&World, Who, &mut Seen)) -> Row {
    Row { name, run: Run::Script(script), ..ROW }
}

/// The rows in the order in which they run: those that make changes come last.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [READS, FEEDS, ACCESS, POLICY, REFUSED_OR_PREVIEWED, LIVE, WRITES].into_iter().flatten()
}
