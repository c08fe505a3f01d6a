//! The requirements of the policy on a change: a reason, and a confirmation of a large one.
//!
//! `Command::decide` asks here once it knows the change's events, so that both requirements hold for every way of
//! writing and for dry runs. Access data have none. Invariants: `a_change_under_a_prefix_needs_a_reason`,
//! `a_large_change_needs_its_number`, `a_hidden_name_counts_whether_it_changes_or_not`.

use std::sync::Arc;

use super::{Config, ConfigName, Difference, Event, Fact, Permission, Principal, Rejection, Rules, Tree};

impl Rules<'_> {
    /// Refuses a change that does not meet the requirements of the policy. Access data and shreds have none.
    pub(super) fn refuse(&self, events: &[Event], tree: &dyn Tree) -> Result<(), Rejection> {
        let Some(requirements) = &self.requirements else { return Ok(()) };
        let policy = requirements.policy;
        let counts = |event: &&Event| matches!(event.fact, Fact::Set { .. } | Fact::Deleted { .. });
        let events = || events.iter().filter(counts);
        if requirements.reason.is_none()
            && let Some(prefix) = events().find_map(|event| policy.reason_required(&event.name))
        {
            return Err(Rejection::ReasonRequired { prefix: prefix.into() });
        }
        let altered = events().filter(|event| alters(event, tree, self.principal));
        match policy.confirmation_needed(altered.map(|event| &event.name)) {
            Some(needed) if !needed.is_given_by(requirements.confirmed) => {
                Err(Rejection::ConfirmationRequired(needed))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether a name has another content after the event. A name that the principal may not read always counts: otherwise
/// the number would say whether a guessed value is the right one.
fn alters(event: &Event, tree: &dyn Tree, principal: &Principal) -> bool {
    let name: &ConfigName = &event.name;
    if !principal.may(Permission::Read, name) {
        return true;
    }
    let (value, attributes) = (event.value().cloned(), event.attributes().clone());
    let after = Arc::new(Config { value, attributes, ..Config::never() });
    Difference::of(name, tree.config(name).as_ref(), Some(&after)).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{
        Attributes, Command, ConfigValue, Confirmation, Grant, Operation, PathPrefix, Policy, PolicyParts,
        Protection, Reason, Requirements, Revision,
    };

    struct Given(BTreeMap<ConfigName, Arc<Config>>);

    impl Tree for Given {
        fn config(&self, name: &ConfigName) -> Option<Arc<Config>> {
            self.0.get(name).cloned()
        }
    }

    fn name(text: &str) -> ConfigName {
        ConfigName::parse(text).unwrap()
    }

    fn at(text: &str) -> PathPrefix {
        PathPrefix::parse(text).unwrap()
    }

    fn value(text: &str) -> ConfigValue {
        ConfigValue::parse(text, 100).unwrap()
    }

    /// `prod/0` to `prod/9` with the value `old`.
    fn tree() -> Given {
        let event = Config::never().set(&name("prod"), value("old"), Attributes::NONE);
        let config = |_| Arc::new(Config { value: event.value().cloned(), ..Config::never() });
        Given((0..10).map(|number| (name(&format!("prod/{number}")), config(number))).collect())
    }

    fn policy() -> Policy {
        let protect = vec![Protection { prefix: at("prod"), names_max: 2 }];
        Policy::new(PolicyParts { require_reason: vec![at("prod")], protect, ..PolicyParts::default() })
            .unwrap()
    }

    fn sets(names: &[&str], text: &str) -> Command {
        let set = |held: &&str| Operation::set(name(held), value(text));
        Command::transaction(names.iter().map(set).collect()).unwrap()
    }

    fn decide(
        command: &Command,
        principal: &Principal,
        reason: Option<&str>,
        confirmed: Option<u64>,
    ) -> Result<usize, Rejection> {
        let (policy, reason) = (policy(), reason.map(|text| Reason::parse(text).unwrap()));
        let requirements = Requirements { policy: &policy, reason: reason.as_ref(), confirmed };
        let rules = Rules { requirements: Some(requirements), ..Rules::from(principal) };
        Ok(command.decide(&tree(), rules)?.len())
    }

    #[test]
    fn a_change_under_a_prefix_needs_a_reason() {
        let everybody = Principal::everybody();
        let required = Err(Rejection::ReasonRequired { prefix: "prod".into() });
        for touched in ["prod", "prod/0", "prod/new"] {
            let set = Command::Single(Operation::set(name(touched), value("old")));
            assert_eq!(decide(&set, &everybody, None, None), required, "{touched}");
            assert_eq!(decide(&set, &everybody, Some("why"), None), Ok(1));
        }
        let delete = Command::Single(Operation::delete(name("prod/0")));
        assert_eq!(decide(&delete, &everybody, None, None), required);
        assert_eq!(decide(&sets(&["a", "prod/0"], "new"), &everybody, None, None), required);
        for other in ["production", "prod-2/a", "Prod/a", "a/prod"] {
            assert_eq!(decide(&sets(&[other], "1"), &everybody, None, None), Ok(1), "{other}");
        }
    }

    #[test]
    fn a_large_change_needs_its_number() {
        let (everybody, why) = (Principal::everybody(), Some("why"));
        let three = sets(&["prod/0", "prod/1", "prod/2", "other"], "new");
        let needed = Confirmation { prefix: at("prod"), names: 3, names_max: 2 };
        for wrong in [None, Some(0), Some(2), Some(4)] {
            let refused = decide(&three, &everybody, why, wrong);
            assert_eq!(refused, Err(Rejection::ConfirmationRequired(needed.clone())), "{wrong:?}");
        }
        assert_eq!(decide(&three, &everybody, why, Some(3)), Ok(4));
        // A number that no policy asked for does no harm.
        assert_eq!(decide(&sets(&["prod/0"], "new"), &everybody, why, Some(9)), Ok(1));
        let same = sets(&["prod/0", "prod/1", "prod/2", "prod/3"], "old");
        assert_eq!(decide(&same, &everybody, why, None), Ok(4), "nothing changes");
    }

    #[test]
    fn a_hidden_name_counts_whether_it_changes_or_not() {
        let grants = vec![Grant::allow(at(""), &[Permission::Write])];
        let writer = Principal::limited("ada", "1", grants, Revision::ZERO);
        for text in ["old", "new"] {
            let refused = decide(&sets(&["prod/0", "prod/1", "prod/2"], text), &writer, Some("why"), None);
            assert!(matches!(refused, Err(Rejection::ConfirmationRequired(needed)) if needed.names == 3));
        }
    }
}
