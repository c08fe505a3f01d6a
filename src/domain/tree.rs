//! The states of names that commands are decided on, and the event that brings one back.

use std::sync::Arc;

use super::{Config, ConfigName, Event};

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

/// The event that sets a name back to the content that it had.
pub(super) fn to_state(name: &ConfigName, then: Option<&Config>, now: &Config) -> Option<Event> {
    match (then.and_then(|then| Some((then, then.value.clone()?))), &now.value) {
        (Some((then, _)), _) if now.has_content_of(then) => None,
        (Some((then, value)), _) => Some(now.set(name, value, then.attributes.clone())),
        (None, Some(value)) => Some(now.delete(name, value.clone())),
        (None, None) => None,
    }
}
