//! The aggregate: everything that is known of one name.

use std::sync::Arc;

use super::operation::{Action, Match, Operation};
use super::secrecy::of_set;
use super::{
    Attributes, Change, ConfigName, ConfigValue, Event, Fact, Place, Reason, Rejection, Revision, Rules,
    ShortHash, Timestamp, Value, Version,
};

/// The state of one name after some of its events. Before the first it has version 0 and no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The value; none before the first set and after a delete.
    pub value: Option<Value>,
    /// What its last set says about the value; while there is no value, only what the last one said about its secrecy.
    pub attributes: Attributes,
    /// The revision of the first set since the name was absent; 0 while there is no value.
    pub created: Revision,
    /// How many events the name has.
    pub version: Version,
    /// The revision of its last event.
    pub revision: Revision,
    /// The start of the hash of that event's change.
    pub hash: ShortHash,
    /// The instant of its last event.
    pub updated_at: Timestamp,
    /// Who made its last event.
    pub updated_by: Arc<str>,
    /// Why.
    pub reason: Option<Reason>,
}

impl Config {
    /// The state of a name that never was.
    pub fn never() -> Self {
        Self {
            value: None,
            attributes: Attributes::NONE,
            created: Revision::ZERO,
            version: Version::ZERO,
            revision: Revision::ZERO,
            hash: ShortHash::default(),
            updated_at: Timestamp::MIN,
            updated_by: "".into(),
            reason: None,
        }
    }

    /// The place of its last event's change.
    pub fn place(&self) -> Place {
        Place::new(self.revision, self.hash)
    }

    /// About what it holds in memory, in bytes, its value included.
    pub fn held_bytes(&self) -> usize {
        let value = self.value_bytes();
        let reason = self.reason.as_ref().map_or(0, |reason| reason.as_str().len());
        size_of::<Self>() + value + reason + self.updated_by.len()
    }

    /// Whether there is a value.
    pub fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// The value's text, where there is a value and the log holds it in clear.
    pub fn text(&self) -> Option<&str> {
        self.value.as_ref()?.text()
    }

    /// The bytes that the log holds of the value; 0 where there is none.
    pub fn value_bytes(&self) -> usize {
        self.value.as_ref().map_or(0, Value::stored_bytes)
    }

    /// Whether a set of the other state's value and attributes would change nothing that a reader sees.
    pub fn has_content_of(&self, other: &Self) -> bool {
        self.value == other.value && self.attributes == other.attributes
    }

    /// The revision that clients compare with: an absent or deleted name has 0.
    pub fn current_revision(&self) -> Revision {
        if self.value.is_some() { self.revision } else { Revision::ZERO }
    }

    /// Decides one operation on this state. `None` is a check that held: nothing happens.
    pub fn decide(&self, operation: &Operation, rules: &Rules<'_>) -> Result<Option<Event>, Rejection> {
        if let Action::Delete = operation.action {
            self.refuse_delete_of_nothing()?;
        }
        self.meet(operation.if_match.as_ref(), operation.if_none_match.as_ref())?;
        Ok(match (&operation.action, &self.value) {
            (Action::Set { value, attributes }, _) => {
                let attributes = of_set(&operation.name, attributes, self.attributes.secrecy(), rules)?;
                Some(self.set(&operation.name, value.clone(), attributes))
            }
            (Action::Delete, Some(value)) => Some(self.delete(&operation.name, value.clone())),
            (Action::Delete | Action::Check, _) => None,
        })
    }

    /// The event of a set on this state.
    pub fn set(&self, name: &ConfigName, value: impl Into<Value>, attributes: Attributes) -> Event {
        let (value, old_value) = (value.into(), self.value.clone());
        let created = old_value.is_some().then_some(self.created);
        let old_secrecy = self.attributes.secrecy().filter(|_| old_value.is_some());
        self.next_event(name, Fact::Set { value, attributes, old_value, old_secrecy, created })
    }

    /// The event of a delete on this state.
    pub fn delete(&self, name: &ConfigName, deleted_value: impl Into<Value>) -> Event {
        let attributes = Attributes::NONE.with_secrecy(self.attributes.secrecy());
        self.next_event(name, Fact::Deleted { deleted_value: deleted_value.into(), attributes })
    }

    /// The event that writes access data on this state, or removes them.
    pub(super) fn access(&self, name: &ConfigName, entry: Option<ConfigValue>) -> Event {
        self.next_event(name, Fact::Access { entry })
    }

    fn next_event(&self, name: &ConfigName, fact: Fact) -> Event {
        Event { name: name.clone(), version: self.version.next(), follows: self.revision, fact }
    }

    /// The state after one event of a change, which has this hash.
    pub fn apply(event: &Event, change: &Change, hash: ShortHash) -> Self {
        Self {
            value: event.value().cloned(),
            attributes: event.attributes().clone(),
            created: match event.fact {
                Fact::Set { created, .. } => created.unwrap_or(change.revision),
                Fact::Deleted { .. } | Fact::Shredded { .. } | Fact::Access { .. } => Revision::ZERO,
            },
            version: event.version,
            revision: change.revision,
            hash,
            updated_at: change.instant,
            updated_by: Arc::clone(&change.metadata.actor),
            reason: change.metadata.reason.clone(),
        }
    }

    fn refuse_delete_of_nothing(&self) -> Result<(), Rejection> {
        match (&self.value, self.version) {
            (Some(_), _) => Ok(()),
            (None, Version::ZERO) => Err(Rejection::NeverExisted),
            (None, _) => Err(Rejection::AlreadyDeleted),
        }
    }

    /// RFC 9110 section 13.2.2: `If-Match` first, then `If-None-Match`; a deleted name is absent.
    pub fn meet(&self, if_match: Option<&Match>, if_none_match: Option<&Match>) -> Result<(), Rejection> {
        let matches = |wanted: &Match| match wanted {
            Match::Any => self.value.is_some(),
            Match::Places(places) => {
                self.value.is_some() && places.iter().any(|given| given.is(self.place()))
            }
        };
        if if_match.is_none_or(matches) && !if_none_match.is_some_and(matches) {
            return Ok(());
        }
        Err(Rejection::PreconditionFailed { current: self.current_revision() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ConfigValue, ContentType, GivenPlace, Metadata, Principal, Secrecy};
    use super::*;

    fn decide(state: &Config, operation: &Operation) -> Result<Option<Event>, Rejection> {
        state.decide(operation, &Rules::from(&Principal::everybody()))
    }

    /// Given these operations one after the other, when the last is decided, then this comes of it.
    fn given(operations: &[Operation]) -> Config {
        operations.iter().zip(1..).fold(Config::never(), |state, (operation, revision)| {
            let events = vec![decide(&state, operation).unwrap().unwrap()];
            let (revision, instant) = (Revision::new(revision), Timestamp::from_micros(0));
            let metadata = Metadata::of("ada");
            let change = Change { revision, instant, metadata, idempotency: None, events };
            Config::apply(&change.events[0], &change, ShortHash([7; 4]))
        })
    }

    fn name() -> ConfigName {
        ConfigName::parse("foo").unwrap()
    }

    fn value(text: &str) -> ConfigValue {
        ConfigValue::parse(text, 100).unwrap()
    }

    fn set(text: &str) -> Operation {
        Operation::set(name(), value(text))
    }

    fn delete() -> Operation {
        Operation::delete(name())
    }

    /// A set, with the value before it and the revision at which the name came to be.
    fn fact(text: &str, before: Option<(&str, u64)>) -> Fact {
        Fact::Set {
            value: value(text).into(),
            attributes: Attributes::NONE,
            old_value: before.map(|(text, _)| value(text).into()),
            old_secrecy: None,
            created: before.map(|(_, revision)| Revision::new(revision)),
        }
    }

    #[test]
    fn the_first_set_has_version_one_and_no_old_value() {
        let event = decide(&given(&[]), &set("bar")).unwrap().unwrap();
        assert_eq!(event.version, Version::new(1));
        assert_eq!(event.fact, fact("bar", None));
    }

    #[test]
    fn a_set_remembers_the_value_before_even_if_it_is_the_same() {
        for text in ["baz", "bar"] {
            let event = decide(&given(&[set("bar")]), &set(text)).unwrap().unwrap();
            assert_eq!(event.version, Version::new(2));
            assert_eq!(event.fact, fact(text, Some(("bar", 1))));
        }
    }

    #[test]
    fn a_delete_keeps_the_value_that_was_there() {
        let event = decide(&given(&[set("bar")]), &delete()).unwrap().unwrap();
        assert_eq!(
            event.fact,
            Fact::Deleted { deleted_value: value("bar").into(), attributes: Attributes::NONE }
        );
    }

    #[test]
    fn a_set_after_a_delete_goes_on_counting_and_has_no_old_value() {
        let event = decide(&given(&[set("bar"), delete()]), &set("baz")).unwrap().unwrap();
        assert_eq!(event.version, Version::new(3));
        assert_eq!(event.fact, fact("baz", None));
    }

    #[test]
    fn a_name_is_created_by_its_first_set_since_it_was_absent() {
        let created = |operations: &[Operation]| given(operations).created.get();
        assert_eq!(created(&[]), 0);
        assert_eq!(created(&[set("a"), set("b"), set("c")]), 1);
        assert_eq!(created(&[set("a"), delete()]), 0);
        assert_eq!(created(&[set("a"), delete(), set("b"), set("c")]), 3);
    }

    #[test]
    fn a_set_states_all_attributes() {
        let yaml = Attributes::of_content_type(ContentType::Yaml);
        let states = |operations: &[Operation]| given(operations).attributes;
        assert_eq!(states(&[set("a").with_attributes(yaml.clone())]), yaml);
        assert_eq!(states(&[set("a").with_attributes(yaml.clone()), set("b")]), Attributes::NONE);
        assert_eq!(states(&[set("a").with_attributes(yaml), delete()]), Attributes::NONE);
    }

    #[test]
    fn a_set_after_a_delete_is_as_secret_as_the_value_before_it() {
        let secret = Attributes::NONE.with_secrecy(Some(Secrecy::Secret));
        let state = given(&[set("a").with_attributes(secret.clone()), delete()]);
        assert_eq!((state.is_present(), &state.attributes), (false, &secret));
        let Fact::Set { attributes, old_secrecy, .. } = decide(&state, &set("b")).unwrap().unwrap().fact
        else {
            panic!("it is a set");
        };
        assert_eq!((attributes, old_secrecy), (secret, None));
        let state = given(&[set("a").with_attributes(Attributes::NONE.with_secrecy(Some(Secrecy::Secret)))]);
        let event = decide(&state, &delete()).unwrap().unwrap();
        assert_eq!(event.previous_secrecy(), Some(Secrecy::Secret));
    }

    #[test]
    fn what_never_was_and_what_is_deleted_are_refused_differently() {
        assert_eq!(decide(&given(&[]), &delete()), Err(Rejection::NeverExisted));
        assert_eq!(decide(&given(&[set("bar"), delete()]), &delete()), Err(Rejection::AlreadyDeleted));
        let conditional = delete().if_match(Match::Places(vec![Revision::new(1).into()]));
        assert_eq!(decide(&given(&[]), &conditional), Err(Rejection::NeverExisted));
    }

    #[test]
    fn preconditions_hold_on_the_present_value_only() {
        let at = |revision| Match::Places(vec![Revision::new(revision).into()]);
        let failed = |current| Err(Rejection::PreconditionFailed { current: Revision::new(current) });
        let (absent, present, deleted) = (given(&[]), given(&[set("bar")]), given(&[set("bar"), delete()]));

        assert!(decide(&present, &set("baz").if_match(at(1))).is_ok());
        assert_eq!(decide(&present, &set("baz").if_match(at(2))), failed(1));
        assert_eq!(decide(&deleted, &set("baz").if_match(at(2))), failed(0));
        assert!(decide(&present, &set("baz").if_match(Match::Any)).is_ok());
        assert_eq!(decide(&absent, &set("baz").if_match(Match::Any)), failed(0));
        assert_eq!(decide(&present, &set("baz").if_none_match(Match::Any)), failed(1));
        assert!(decide(&deleted, &set("baz").if_none_match(Match::Any)).is_ok());
        assert_eq!(decide(&present, &delete().if_none_match(at(1))), failed(1));

        let place = |text| Match::Places(vec![GivenPlace::parse(text).unwrap()]);
        assert!(decide(&present, &set("baz").if_match(place("1-07070707"))).is_ok());
        assert_eq!(decide(&present, &set("baz").if_match(place("1-08070707"))), failed(1));
        assert_eq!(decide(&present, &set("baz").if_none_match(place("1-07070707"))), failed(1));
    }

    #[test]
    fn a_check_that_holds_is_no_event() {
        let check = Operation::check(name()).if_match(Match::Places(vec![Revision::new(1).into()]));
        assert_eq!(decide(&given(&[set("bar")]), &check), Ok(None));
        assert!(decide(&given(&[]), &check).is_err());
    }
}
