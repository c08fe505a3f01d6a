//! The states of names that commands are decided on, and the event that brings one back.

use std::sync::Arc;

use super::secrecy::{is_secret, of_restore};
use super::{Attributes, Config, ConfigName, Event, Rules, SecretNames};

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
    let Some(attributes) = restored(name, then, now, rules.secret_names) else { return Ok(None) };
    if rules.shreds.has(name, then.version) {
        return Err(Destroyed);
    }
    Ok(Some(now.set(name, value, attributes)))
}

/// The value of an earlier state was destroyed.
pub(super) struct Destroyed;

/// The attributes that a name gets with an earlier state of it; `None` if it has that content already. A restore never makes
/// a secret public, and the second one does nothing.
fn restored(name: &ConfigName, then: &Config, now: &Config, names: &dyn SecretNames) -> Option<Attributes> {
    let (said, says) = (then.attributes.secrecy(), now.attributes.secrecy());
    let without = |config: &Config| config.attributes.with_secrecy(None);
    let is_same = now.value == then.value && without(now) == without(then);
    if is_same && (is_secret(name, says, names) || !is_secret(name, said, names)) {
        return None;
    }
    Some(then.attributes.with_secrecy(of_restore(name, said, says, names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secrecy::fixture::{ALL, Marks, name};
    use crate::domain::{ConfigValue, Secrecy};

    fn state(text: Option<&str>, secrecy: Option<Secrecy>) -> Config {
        let value = text.map(|text| ConfigValue::from_log(text).unwrap().into());
        Config { value, attributes: Attributes::NONE.with_secrecy(secrecy), ..Config::never() }
    }

    #[test]
    fn a_restore_never_lowers_secrecy_and_the_second_one_does_nothing() {
        let restore = |then: &Config, now: &Config, marks| restored(&name(), then, now, &Marks(marks));
        for then_says in ALL {
            for now_says in ALL {
                for (now_text, marks) in [("1", false), ("1", true), ("2", false), ("2", true)] {
                    let (then, now) = (state(Some("1"), then_says), state(Some(now_text), now_says));
                    let hidden =
                        |state: &Config| is_secret(&name(), state.attributes.secrecy(), &Marks(marks));
                    let changed = restore(&then, &now, marks);
                    let after = changed.map_or_else(
                        || now.clone(),
                        |attributes| Config { value: then.value.clone(), attributes, ..now.clone() },
                    );
                    assert_eq!(after.value, then.value);
                    assert_eq!(hidden(&after), hidden(&then) || hidden(&now), "{then_says:?} {now_says:?}");
                    assert_eq!(restore(&then, &after, marks), None, "{then_says:?} {now_says:?}");
                }
            }
        }
    }

    #[test]
    fn a_restore_of_what_is_there_is_nothing_also_where_only_a_pattern_hides_it() {
        assert_eq!(restored(&name(), &state(Some("1"), None), &state(Some("1"), None), &Marks(true)), None);
    }
}
