//! The states of names that commands are decided on, and the event that brings one back.

use std::sync::Arc;

use super::secrecy::of_restore;
use super::{Config, ConfigName, Event, Rules};

/// The state that a command is decided on: the tree at the head of the log and all that was decided since.
pub trait Tree {
    /// The state of a name, deleted or not; `None` if it never was. A tree of live names alone says `None` for a
    /// deleted one too, and nothing is decided on it before those that matter were looked up.
    fn config(&self, name: &ConfigName) -> Option<Arc<Config>>;
}

/// The state of a name; of one that never was, too.
pub(super) fn state(tree: &dyn Tree, name: &ConfigName) -> Arc<Config> {
    tree.config(name).unwrap_or_else(|| Arc::new(Config::never()))
}

/// The event that gives a name the content that it had. `Err` if that was destroyed.
pub(super) fn to_state(
    name: &ConfigName,
    then: Option<&Config>,
    now: &Config,
    rules: &Rules<'_>,
) -> Result<Option<Event>, Destroyed> {
    let Some((then, value)) = then.and_then(|then| Some((then, then.value.clone()?))) else {
        return Ok(now.value.as_ref().map(|value| now.delete(name, value.clone())));
    };
    let Some(attributes) = of_restore(name, then, now, rules.secret_names) else { return Ok(None) };
    if rules.shreds.has(name, then.version) {
        return Err(Destroyed);
    }
    Ok(Some(now.set(name, value, attributes)))
}

/// The value of an earlier state was destroyed.
pub(super) struct Destroyed;
