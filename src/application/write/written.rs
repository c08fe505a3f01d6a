//! The result of a write: what it did, name by name.
//!
//! Made by [`decide`](super::decide) of a change that is appended, and by [`repeat`](super::repeat) of one that was.

use std::sync::Arc;

use crate::domain::{Change, Config, ConfigName, ConfigValue, Difference, Fact, Revision, Version};
use crate::infrastructure::store::SealedChange;

/// The result of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The change that it made; none for a dry run and where there was nothing to do.
    pub revision: Option<Revision>,
    /// The revision that it was decided on, or that it made.
    pub head: Revision,
    /// Each name that it touched, in the order of its events. Of a dry run: what would be.
    pub outcomes: Vec<Outcome>,
    /// The versions whose values it destroyed.
    pub shredded: Vec<Version>,
}

/// One name before and after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The name.
    pub name: ConfigName,
    /// Its state before; none if it never was.
    pub before: Option<Arc<Config>>,
    /// Its state after.
    pub after: Arc<Config>,
    /// The secret as the writer sent it; none of a restore, and of a request that repeats another.
    pub sent: Option<ConfigValue>,
}

impl Outcome {
    /// What differs, if anything does: a set of the value that was there is no difference.
    pub fn difference(&self) -> Option<Difference> {
        Difference::of(&self.name, self.before.as_ref(), Some(&self.after))
    }
}

/// The outcomes of a change's events.
pub(in crate::application) fn outcomes(
    SealedChange { change, hash, .. }: &SealedChange,
    mut before: impl FnMut(&ConfigName) -> Option<Arc<Config>>,
) -> Vec<Outcome> {
    let outcome = |event| {
        let after = Arc::new(Config::apply(event, change, hash.short()));
        Outcome { name: event.name.clone(), before: before(&event.name), after, sent: None }
    };
    change.events.iter().map(outcome).collect()
}

/// The versions whose values a change destroyed.
pub(in crate::application) fn shredded(change: &Change) -> Vec<Version> {
    let versions = change.events.iter().filter_map(|event| match &event.fact {
        Fact::Shredded { versions, .. } => Some(versions),
        _ => None,
    });
    versions.flatten().copied().collect()
}
