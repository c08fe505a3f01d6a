//! Names that differ, from every response that has such: diffs, dry runs, events.

use crate::domain::DifferenceKind;
use crate::wire::difference::DifferenceJson;
use crate::wire::event::{DataJson, EventJson};
use crate::wire::item::ItemJson;

use super::shown::Shown;

/// One name, with its value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) struct Differing<'a> {
    pub(in crate::presentation::cli) name: &'a str,
    /// None where it was absent.
    pub(in crate::presentation::cli) from: Option<Shown<'a>>,
    /// None where it is absent.
    pub(in crate::presentation::cli) to: Option<Shown<'a>>,
    /// Other differences than the value.
    pub(in crate::presentation::cli) notes: Vec<String>,
}

impl<'a> Differing<'a> {
    /// A difference of values alone.
    pub(in crate::presentation::cli) fn new(
        name: &'a str,
        from: Option<Shown<'a>>,
        to: Option<Shown<'a>>,
    ) -> Self {
        Self { name, from, to, notes: Vec::new() }
    }

    /// Of a diff, a restore or a revert.
    pub(in crate::presentation::cli) fn of(difference: &'a DifferenceJson) -> Self {
        let value = |item: &'a Option<ItemJson>| item.as_ref().map(Shown::of_item);
        let notes = match (&difference.from, &difference.to) {
            (Some(from), Some(to)) => notes(from, to),
            _ => Vec::new(),
        };
        Self {
            name: difference.name.as_str(),
            from: value(&difference.from),
            to: value(&difference.to),
            notes,
        }
    }

    /// Of an event; none of one that destroys values, because it changes none.
    pub(in crate::presentation::cli) fn of_event(event: &'a EventJson) -> Option<Self> {
        let name = match &event.data {
            DataJson::Set(set) => &set.config_name,
            DataJson::Deleted(deleted) => &deleted.config_name,
            DataJson::Shredded(_) => return None,
        };
        Some(Self::new(name.as_str(), Shown::before(event), Shown::after(event)))
    }

    /// How the name differs.
    pub(in crate::presentation::cli) fn kind(&self) -> DifferenceKind {
        match (&self.from, &self.to) {
            (None, _) => DifferenceKind::Added,
            (Some(_), None) => DifferenceKind::Removed,
            (Some(_), Some(_)) => DifferenceKind::Changed,
        }
    }
}

fn notes(from: &ItemJson, to: &ItemJson) -> Vec<String> {
    let mut notes = Vec::new();
    if from.content_type != to.content_type {
        let (from, to) = (from.content_type.as_str(), to.content_type.as_str());
        notes.push(format!("content type {from} → {to}"));
    }
    match (from.secret == Some(true), to.secret == Some(true)) {
        (false, true) => notes.push("now a secret".to_owned()),
        (true, false) => notes.push("not a secret any more".to_owned()),
        _ => {}
    }
    notes
}
