//! What clients ask for, and how it is decided on a whole tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access_change::AccessChange;
use super::change::{CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX};
use super::tree::{Destroyed, state, to_state};
use super::{
    Action, Config, ConfigName, Event, FailedOperation, Operation, Permission, Prefix, Principal, Rejection,
    Revert, Rules, Shred, Transaction, TransactionError, Tree,
};

/// One atomic wish: all of it happens, or nothing.
#[derive(Clone, Debug)]
pub enum Command {
    /// A single PUT or DELETE.
    Single(Operation),
    /// Several operations, all or nothing; made by [`Command::transaction`].
    Transaction(Transaction),
    /// Makes names equal to what they were.
    Restore(Restore),
    /// Undoes one change.
    Revert(Revert),
    /// Changes the access data.
    Access(AccessChange),
    /// Destroys values.
    Shred(Shred),
}

/// Makes the names of a scope equal to what they were.
#[derive(Clone, Debug)]
pub struct Restore {
    /// Which names.
    pub scope: Scope,
    /// The names that may differ with what they were, none where they were absent. All other names of the scope have what
    /// they had.
    pub target: BTreeMap<ConfigName, Option<Arc<Config>>>,
}

/// Which names a restore is about.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Every name under a prefix.
    Prefix(Prefix),
    /// One name.
    Name(ConfigName),
}

impl Command {
    /// Several operations, all or nothing.
    ///
    /// # Errors
    /// [`TransactionError`] if there are none or too many of them, or if a name has two.
    pub fn transaction(operations: Vec<Operation>) -> Result<Self, TransactionError> {
        Transaction::new(operations).map(Self::Transaction)
    }

    /// The names whose states decide it. Those under a restore's prefix that have a value come from the tree.
    pub fn names(&self) -> Box<dyn Iterator<Item = &ConfigName> + '_> {
        match self {
            Self::Single(operation) => Box::new(std::iter::once(&operation.name)),
            Self::Transaction(transaction) => {
                Box::new(transaction.operations().iter().map(|operation| &operation.name))
            }
            Self::Restore(restore) => Box::new(restore.target.keys()),
            Self::Revert(revert) => Box::new(revert.names()),
            Self::Access(change) => Box::new(change.entries.keys()),
            Self::Shred(shred) => Box::new(std::iter::once(&shred.of)),
        }
    }

    /// About how much memory the command holds, in bytes, without itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Single(operation) => operation.heap_bytes(),
            Self::Transaction(transaction) => transaction.heap_bytes(),
            Self::Restore(Restore { target: states, .. }) | Self::Revert(Revert { before: states, .. }) => {
                let bytes = |then: &Option<Arc<Config>>| then.as_ref().map_or(0, |then| then.value_bytes());
                states.iter().map(|(name, then)| name.as_str().len() + bytes(then)).sum()
            }
            Self::Access(change) => change.heap_bytes(),
            Self::Shred(shred) => {
                size_of_val(&*shred.versions) + size_of_val(&*shred.values) + shred.of.as_str().len()
            }
        }
    }

    /// Whether a principal may ask for it, as far as the command itself tells: which names a restore changes is known
    /// once it is decided. It is asked before anything else, so that a refusal tells nothing of a name out of reach.
    pub fn authorize(&self, principal: &Principal) -> Result<(), Rejection> {
        let refused = |operation: &Operation| !principal.may(operation.action.permission(), &operation.name);
        let operation = match self {
            Self::Single(operation) if refused(operation) => None,
            Self::Transaction(transaction) => match transaction.operations().iter().position(refused) {
                None => return Ok(()),
                place => place,
            },
            Self::Restore(restore) => return restore.scope.authorize(principal),
            Self::Revert(revert) => return revert.authorize(principal),
            // A change of access data is decided with the data that it is for.
            Self::Single(_) | Self::Access(_) => return Ok(()),
            Self::Shred(shred) => return Shred::authorize(&shred.of, principal),
        };
        Err(Rejection::Forbidden { operation })
    }

    /// Names of the service's own are written by its own paths alone. An entry that an older release accepted may be
    /// deleted, one at a time; a restore and a revert leave such names out.
    fn refuse_reserved(&self) -> Result<(), Rejection> {
        let reserved = |operation: &Operation| operation.name.is_reserved();
        let operation = match self {
            Self::Single(operation) if !matches!(operation.action, Action::Delete) && reserved(operation) => {
                None
            }
            Self::Transaction(transaction) => match transaction.operations().iter().position(reserved) {
                None => return Ok(()),
                place => place,
            },
            Self::Single(_) | Self::Restore(_) | Self::Revert(_) | Self::Access(_) | Self::Shred(_) => {
                return Ok(());
            }
        };
        Err(Rejection::ReservedName { operation })
    }

    /// Its operations, if it is made of such.
    pub fn operations(&self) -> &[Operation] {
        match self {
            Self::Single(operation) => std::slice::from_ref(operation),
            Self::Transaction(transaction) => transaction.operations(),
            Self::Restore(_) | Self::Revert(_) | Self::Access(_) | Self::Shred(_) => &[],
        }
    }

    /// The same, to put other values in the place of theirs. Their names must stay.
    pub(crate) fn operations_mut(&mut self) -> &mut [Operation] {
        match self {
            Self::Single(operation) => std::slice::from_mut(operation),
            Self::Transaction(transaction) => transaction.operations_mut(),
            Self::Restore(_) | Self::Revert(_) | Self::Access(_) | Self::Shred(_) => &mut [],
        }
    }

    /// Decides the command by its rules: the events that it makes, none where there is nothing to do.
    pub fn decide<'a>(&self, tree: &dyn Tree, rules: impl Into<Rules<'a>>) -> Result<Vec<Event>, Rejection> {
        let rules = &rules.into();
        let principal = rules.principal;
        // First: it says the same to everybody.
        self.refuse_reserved()?;
        self.authorize(principal)?;
        let events = match self {
            Self::Single(operation) => Vec::from_iter(state(tree, &operation.name).decide(operation, rules)?),
            Self::Transaction(transaction) => decide_transaction(transaction.operations(), tree, rules)?,
            Self::Restore(restore) => {
                let events = restore.decide(tree, rules)?;
                let out_of_reach = |event: &&Event| !principal.may(Permission::Write, &event.name);
                let names = events.iter().filter(out_of_reach).count();
                if names > 0 {
                    return Err(Rejection::ForbiddenNames { names });
                }
                events
            }
            Self::Revert(revert) => revert.decide(tree, rules)?,
            Self::Access(change) => change.decide(tree),
            Self::Shred(shred) => shred.decide(tree, rules)?,
        };
        refuse_too_large(&events)?;
        rules.refuse(&events, tree)?;
        Ok(events)
    }
}

fn decide_transaction(
    operations: &[Operation],
    tree: &dyn Tree,
    rules: &Rules<'_>,
) -> Result<Vec<Event>, Rejection> {
    let mut events = Vec::with_capacity(operations.len());
    let mut failed = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let config = state(tree, &operation.name);
        match config.decide(operation, rules) {
            Ok(event) => events.extend(event),
            Err(Rejection::RevealRequired { .. }) => {
                return Err(Rejection::RevealRequired { operation: Some(index) });
            }
            Err(_) => {
                let (name, current) = (operation.name.clone(), config.current_revision());
                failed.push(FailedOperation { index, name, current });
            }
        }
    }
    if failed.is_empty() { Ok(events) } else { Err(Rejection::TransactionFailed(failed)) }
}

fn refuse_too_large(events: &[Event]) -> Result<(), Rejection> {
    let bytes: usize = events.iter().map(Event::bytes).sum();
    if events.len() > CHANGE_EVENTS_MAX || bytes > CHANGE_BYTES_MAX {
        return Err(Rejection::change_too_large());
    }
    Ok(())
}

impl Scope {
    /// Whether a principal may ask for a restore of it. The result of a restore tells how many names it changes, so
    /// that a scope must not reach names that the principal knows nothing of: by ever longer prefixes it would find
    /// them all.
    pub fn authorize(&self, principal: &Principal) -> Result<(), Rejection> {
        match self {
            Self::Name(name) if !principal.may(Permission::Write, name) => {
                Err(Rejection::Forbidden { operation: None })
            }
            Self::Prefix(prefix)
                if ![Permission::Read, Permission::Write]
                    .iter()
                    .any(|permission| principal.may_throughout(*permission, prefix)) =>
            {
                Err(Rejection::ForbiddenPrefix)
            }
            Self::Name(_) | Self::Prefix(_) => Ok(()),
        }
    }
}

impl Restore {
    /// Whether it can change a name: names of the service's own are left out.
    pub fn concerns(&self, name: &ConfigName) -> bool {
        let is_covered = match &self.scope {
            Scope::Prefix(prefix) => prefix.covers(name),
            Scope::Name(only) => only == name,
        };
        is_covered && !name.is_reserved()
    }

    /// Sets what differs, deletes what was absent; in the order of the names.
    fn decide(&self, tree: &dyn Tree, rules: &Rules<'_>) -> Result<Vec<Event>, Rejection> {
        let (mut events, mut shredded) = (Vec::new(), Vec::new());
        for (name, then) in self.target.iter().filter(|(name, _)| self.concerns(name)) {
            match to_state(name, then.as_deref(), &state(tree, name), rules) {
                Ok(event) => events.extend(event),
                Err(Destroyed) => shredded.push(name.clone()),
            }
        }
        if shredded.is_empty() { Ok(events) } else { Err(Rejection::Shredded(shredded)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Attributes, ConfigValue, ContentType, Match, Revision, ShortHash, Timestamp, Version,
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

    fn value(text: &str) -> ConfigValue {
        ConfigValue::parse(text, 100).unwrap()
    }

    fn given(values: &[(&str, Option<&str>)]) -> Given {
        let config = |text: Option<&str>, revision| Config {
            value: text.map(|text| value(text).into()),
            attributes: Attributes::NONE,
            created: Revision::new(if text.is_some() { revision } else { 0 }),
            version: Version::new(1),
            revision: Revision::new(revision),
            hash: ShortHash::default(),
            updated_at: Timestamp::from_micros(0),
            updated_by: "ada".into(),
            reason: None,
        };
        Given(
            values
                .iter()
                .zip(1..)
                .map(|((text, held), at)| (name(text), Arc::new(config(*held, at))))
                .collect(),
        )
    }

    #[test]
    fn a_transaction_happens_whole_or_names_every_operation_that_failed() {
        let tree = given(&[("a", Some("1")), ("gone", None)]);
        let good = vec![Operation::set(name("b"), value("2")), Operation::delete(name("a"))];
        let decide = |operations: Vec<Operation>| {
            Command::transaction(operations).unwrap().decide(&tree, &Principal::everybody())
        };
        assert_eq!(decide(good.clone()).unwrap().len(), 2);

        let bad =
            [good, vec![Operation::delete(name("gone")), Operation::check(name("x")).if_match(Match::Any)]];
        let Err(Rejection::TransactionFailed(failed)) = decide(bad.concat()) else {
            panic!("it should fail");
        };
        assert_eq!(failed.iter().map(|failed| failed.index).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn if_revision_zero_means_that_it_must_not_exist() {
        let tree = given(&[("a", Some("1"))]);
        let set = |text| Operation::set(name(text), value("2")).if_revision(Revision::ZERO);
        assert!(Command::Single(set("b")).decide(&tree, &Principal::everybody()).is_ok());
        let current = Revision::new(1);
        assert_eq!(
            Command::Single(set("a")).decide(&tree, &Principal::everybody()),
            Err(Rejection::PreconditionFailed { current })
        );
    }

    /// The states that names had, and names that were absent.
    fn target(then: Given, absent: &[&str]) -> BTreeMap<ConfigName, Option<Arc<Config>>> {
        let then = then.0.into_iter().map(|(name, config)| (name, Some(config)));
        then.chain(absent.iter().map(|text| (name(text), None))).collect()
    }

    #[test]
    fn a_restore_sets_what_differs_and_deletes_what_was_absent() {
        let tree = given(&[
            ("app/a", Some("1")),
            ("app/b", Some("2")),
            ("app/new", Some("3")),
            ("other", Some("4")),
        ]);
        let then = [("app/a", Some("1")), ("app/b", Some("old")), ("app/lost", Some("5"))];
        let target = target(given(&then), &["app/new", "app/never", "other"]);
        let scope = Scope::Prefix(Prefix::parse("app/").unwrap());
        let events =
            Command::Restore(Restore { scope, target }).decide(&tree, &Principal::everybody()).unwrap();
        let seen: Vec<_> =
            events.iter().map(|event| (event.name.as_str(), event.value().is_some())).collect();
        assert_eq!(seen, [("app/b", true), ("app/lost", true), ("app/new", false)]);
    }

    #[test]
    fn a_restore_brings_attributes_back() {
        let yaml = Attributes::of_content_type(ContentType::Yaml);
        let mut then = given(&[("app/a", Some("1"))]).0;
        for config in then.values_mut() {
            *config = Arc::new(Config { attributes: yaml.clone(), ..Config::clone(config) });
        }
        let restore = Restore { scope: Scope::Prefix(Prefix::default()), target: target(Given(then), &[]) };
        let decided =
            Command::Restore(restore).decide(&given(&[("app/a", Some("1"))]), &Principal::everybody());
        assert_eq!(decided.unwrap()[0].attributes(), &yaml);
    }

    #[test]
    fn reserved_names_are_not_written_and_not_restored() {
        let tree = given(&[(".configapi/old", Some("1")), (".configapiary", Some("2"))]);
        let decide = |command: Command| command.decide(&tree, &Principal::everybody());
        let set = |text| Operation::set(name(text), value("3"));
        let refused = |operation| Err(Rejection::ReservedName { operation });
        assert_eq!(decide(Command::Single(set(".configapi/new"))), refused(None));
        assert!(decide(Command::Single(set(".configapiary"))).is_ok());
        let two = vec![set("a"), Operation::delete(name(".configapi/old"))];
        assert_eq!(decide(Command::transaction(two).unwrap()), refused(Some(1)));
        assert!(decide(Command::Single(Operation::delete(name(".configapi/old")))).is_ok());
        let target = target(given(&[]), &[".configapi/old", ".configapiary"]);
        let restore = Restore { scope: Scope::Prefix(Prefix::default()), target };
        let events = decide(Command::Restore(restore)).unwrap();
        assert_eq!(events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), [".configapiary"]);
    }

    #[test]
    fn a_command_counts_the_memory_that_it_takes_and_not_the_bytes_that_were_sent() {
        let checks = (0..1_000)
            .map(|number| Operation::check(name(&number.to_string())).if_revision(Revision::new(1)));
        let bytes = Command::transaction(checks.collect()).unwrap().heap_bytes();
        // An operation, a name with its counters, a list of one place.
        assert!((100_000..400_000).contains(&bytes), "{bytes}");
        let set = Operation::set(name("a"), value(&"x".repeat(100)));
        assert!((100..300).contains(&Command::Single(set).heap_bytes()));
    }

    #[test]
    fn a_change_has_a_limit_of_events() {
        let one = given(&[("one", Some(""))]).0.into_values().next().unwrap();
        let then = |number: usize| (name(&number.to_string()), Some(Arc::clone(&one)));
        let target = (0..=CHANGE_EVENTS_MAX).map(then).collect();
        let restore = Restore { scope: Scope::Prefix(Prefix::default()), target };
        let rejected = Command::Restore(restore).decide(&given(&[]), &Principal::everybody());
        assert!(matches!(rejected, Err(Rejection::ChangeTooLarge { .. })));
    }
}
