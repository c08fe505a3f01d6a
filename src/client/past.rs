//! Histories, differences, and ways back.

use std::borrow::Cow;

use super::call::{Call, Client, Repeat};
use super::error::Error;
use super::item::Difference;
use super::list::text_of;
use super::log::Event;
use super::protection::Plan;
use super::target::{Target, encoded_name};
use crate::domain::{Point, Revision};
use crate::wire::difference::DiffJson;
use crate::wire::restore::{GivenPointJson, RestoreJson, RestoredJson, RevertJson};

/// The names that a restore is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// All names that begin so.
    Prefix(&'a str),
    /// One name.
    Name(&'a str),
}

/// How a restore or a revert is carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undone {
    /// Why.
    pub(crate) reason: Option<String>,
    /// Only says what would happen.
    pub(crate) dry_run: bool,
    /// Whether a person sees the plan before it is carried out.
    pub(crate) plan: Plan,
}

/// Which events of a name to read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HistoryRead {
    /// The newest first.
    pub(crate) newest_first: bool,
    /// How many at most.
    pub(crate) limit: Option<u64>,
    /// Asks for the values of secrets. The server records it, and masks what the token may not see.
    pub(crate) reveal: bool,
}

/// The revisions of the two points of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) from: Revision,
    pub(crate) to: Revision,
}

impl Client {
    /// The events of a name, oldest first.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn history(&self, name: &str) -> Result<Vec<Event>, Error> {
        self.call_json(Call::get(Target::new(format!("/v1/config/{}/history", encoded_name(name)))))
    }

    /// Hands over the events of a name, however many there are.
    pub(crate) fn each_event<E: From<Error>>(
        &self,
        name: &str,
        read: HistoryRead,
        take: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let HistoryRead { newest_first, limit, reveal } = read;
        let target = Target::new(format!("/v1/config/{}/history", encoded_name(name)))
            .with_some("order", newest_first.then_some("desc"))
            .with_some("limit", limit.map(|limit| limit.to_string()).as_deref())
            .with_some("reveal", reveal.then_some("true"));
        let response = self.call(Call::get(target).header("Accept", "application/json"))?;
        self.each(response.body, take)
    }

    /// The names that differ between two points.
    ///
    /// # Errors
    /// The server refuses, or can't be reached.
    pub fn diff(&self, from: Point, to: Option<Point>, prefix: &str) -> Result<Vec<Difference>, Error> {
        self.differences(from, to, prefix).map(|diff| diff.changes)
    }

    /// The same, with the revisions of the points.
    pub(crate) fn differences(
        &self,
        from: Point,
        to: Option<Point>,
        prefix: &str,
    ) -> Result<DiffJson, Error> {
        self.call_json(Call::get(of_diff(from, to, prefix)))
    }

    /// Hands over the differences, however many there are, with the revisions of the points.
    pub(crate) fn each_difference<E: From<Error>>(
        &self,
        from: Point,
        to: Option<Point>,
        prefix: &str,
        take: impl FnMut(Ends, Difference) -> Result<(), E>,
    ) -> Result<Ends, E> {
        let response =
            self.call(Call::get(of_diff(from, to, prefix)).header("Accept", "application/json"))?;
        self.each_of_diff(response.body, take)
    }

    /// Makes the values under a prefix equal to their state at a point, as one change. Returns the revision of the
    /// change, or none if there was nothing to do.
    ///
    /// # Errors
    /// The server refuses, or can't be reached. The outcome may be unknown.
    pub fn restore(&self, prefix: &str, to: Point, reason: Option<&str>) -> Result<Option<Revision>, Error> {
        let how = Undone { reason: reason.map(str::to_owned), ..Undone::default() };
        self.restore_scope(Scope::Prefix(prefix), to, &how).map(|restored| restored.revision)
    }

    pub(crate) fn restore_scope(
        &self,
        scope: Scope<'_>,
        to: Point,
        how: &Undone,
    ) -> Result<RestoredJson, Error> {
        let (prefix, name) = match scope {
            Scope::Prefix(prefix) => (Some(Cow::Borrowed(prefix)), None),
            Scope::Name(name) => (None, Some(Cow::Borrowed(name))),
        };
        let to = GivenPointJson::Text(Cow::Owned(text_of(to)));
        let reason = how.reason.as_deref().map(Cow::Borrowed);
        let body = RestoreJson { to, prefix, name, dry_run: how.dry_run.then_some(true), reason };
        self.write(how.plan, || Call::new("POST", Target::new("/v1/restore"), Repeat::ByKey).json(&body))
    }

    /// Undoes one change and keeps every later change. Returns the revision of the new change.
    ///
    /// # Errors
    /// A name that has changed since has status 409: nothing is written. The outcome may be unknown.
    pub fn revert(&self, revision: Revision, reason: Option<&str>) -> Result<Option<Revision>, Error> {
        let how = Undone { reason: reason.map(str::to_owned), ..Undone::default() };
        self.revert_change(revision, &how).map(|restored| restored.revision)
    }

    pub(crate) fn revert_change(&self, revision: Revision, how: &Undone) -> Result<RestoredJson, Error> {
        let reason = how.reason.as_deref().map(Cow::Borrowed);
        let body = RevertJson { revision: revision.get(), dry_run: how.dry_run.then_some(true), reason };
        self.write(how.plan, || Call::new("POST", Target::new("/v1/revert"), Repeat::ByKey).json(&body))
    }
}

fn of_diff(from: Point, to: Option<Point>, prefix: &str) -> Target {
    let target = Target::new("/v1/diff").with("from", &text_of(from));
    let target = target.with_some("to", to.map(text_of).as_deref());
    target.with_some("prefix", (!prefix.is_empty()).then_some(prefix))
}
