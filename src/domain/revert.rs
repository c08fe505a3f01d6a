//! Undoing one change: each of its names gets its earlier state back, and every later change is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::{Destroyed, state, to_state};
use super::{
    Config, ConfigName, Event, OverwrittenName, Permission, Place, Principal, Rejection, Rules, Tree,
};

/// Undoes one change.
#[derive(Clone, Debug)]
pub struct Revert {
    /// The place of the change. It decides whether a name has changed since, also in a log that was exchanged: with the
    /// same place all states before it are the same.
    pub change: Place,
    /// Each name of the change with the state that it had before, none where it was absent.
    pub before: BTreeMap<ConfigName, Option<Arc<Config>>>,
}

impl Revert {
    /// Refuses a principal that may not write every name of the change, but for the service's own, which stay. Whether
    /// a name would change does not count: the refusal depends on their names alone, and not on values that are hidden.
    pub fn authorize(&self, principal: &Principal) -> Result<(), Rejection> {
        let out_of_reach = |name: &&ConfigName| !principal.may(Permission::Write, name);
        match self.names().filter(out_of_reach).count() {
            0 => Ok(()),
            names => Err(Rejection::ForbiddenNames { names }),
        }
    }

    /// The names that it can change.
    pub(super) fn names(&self) -> impl Iterator<Item = &ConfigName> {
        self.before.keys().filter(|name| !name.is_reserved())
    }

    /// Refuses where a name's last event is not of the change any more.
    pub(super) fn decide(&self, tree: &dyn Tree, rules: &Rules<'_>) -> Result<Vec<Event>, Rejection> {
        let (mut events, mut overwritten, mut shredded) = (Vec::new(), Vec::new(), Vec::new());
        for (name, before) in self.before.iter().filter(|(name, _)| !name.is_reserved()) {
            let now = state(tree, name);
            if Place::new(now.revision, now.hash) == self.change {
                match to_state(name, before.as_deref(), &now, rules) {
                    Ok(event) => events.extend(event),
                    Err(Destroyed) => shredded.push(name.clone()),
                }
            } else {
                overwritten.push(OverwrittenName { name: name.clone(), current: now.current_revision() });
            }
        }
        if !overwritten.is_empty() {
            return Err(Rejection::Overwritten(overwritten));
        }
        if shredded.is_empty() { Ok(events) } else { Err(Rejection::Shredded(shredded)) }
    }
}
