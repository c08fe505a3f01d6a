//! Random sequences of every operation against a plain model: a map of now and a list of all that happened.
//!
//! After each sequence every read path gives what the model gives, the past included (promise G8). A failure
//! is shrunk, and names its seed; `CONFIGAPI_TEST_SEED` runs that one again.

mod compare;
mod plain;
mod principals;

use configapi::application::{ConfigStore, Error, Intent, Write};
use configapi::domain::{Command, Match, Metadata, Operation, OverwrittenName, Point, Rejection, Scope};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::compare::compare_every_read;
use self::plain::{Plain, Refusal};
use self::principals::compare_principals;
use crate::support::places::Place;
use crate::support::writes::{name, prefix, rev, value};
use crate::support::{long_run, seed};

/// Few, so that they meet; one is the start of another, one sorts by its bytes and not by its letters.
const NAMES: [&str; 6] = ["a", "a/b", "a/bc", "Z", "ключ", "a b%"];
const PREFIXES: [&str; 4] = ["", "a", "a/", "none"];
const VALUES: [&str; 4] = ["", "1", "two", "три\n\"'\\"];
const ACTORS: [&str; 2] = ["ada", "bob"];

/// What is wanted of a name's state. Revisions are told by how far back they are.
#[derive(Clone, Copy, Debug)]
pub enum Condition {
    None,
    Present,
    Absent,
    Current,
    Revision(usize),
}

#[derive(Clone, Debug)]
pub enum Action {
    Set(usize),
    Delete,
    Check,
}

/// One operation: a name, what to do, on which condition.
#[derive(Clone, Debug)]
pub struct Wish {
    pub name: usize,
    pub action: Action,
    pub condition: Condition,
}

#[derive(Clone, Debug)]
pub enum Step {
    One(Wish),
    All(Vec<Wish>),
    /// To so many revisions back.
    RestorePrefix(usize, usize),
    RestoreName(usize, usize),
    /// The change so many revisions back.
    Revert(usize),
    Reopen,
}

/// A step, by whom, and whether it is a dry run.
type Act = (Step, usize, bool);

fn wish() -> impl Strategy<Value = Wish> {
    let condition = prop_oneof![
        6 => Just(Condition::None),
        1 => Just(Condition::Present),
        1 => Just(Condition::Absent),
        2 => Just(Condition::Current),
        1 => (0..6_usize).prop_map(Condition::Revision),
    ];
    let action = prop_oneof![
        5 => (0..VALUES.len()).prop_map(Action::Set),
        3 => Just(Action::Delete),
        1 => Just(Action::Check),
    ];
    (0..NAMES.len(), action, condition).prop_map(|(name, action, condition)| Wish { name, action, condition })
}

fn act() -> impl Strategy<Value = Act> {
    let all = prop::collection::vec(wish(), 1..NAMES.len()).prop_map(|mut wishes| {
        let mut names = Vec::new();
        wishes.retain(|wish| {
            !names.contains(&wish.name) && {
                names.push(wish.name);
                true
            }
        });
        Step::All(wishes)
    });
    let step = prop_oneof![
        8 => wish().prop_map(Step::One),
        4 => all,
        2 => (0..PREFIXES.len(), 0..12_usize).prop_map(|(at, back)| Step::RestorePrefix(at, back)),
        1 => (0..NAMES.len(), 0..12_usize).prop_map(|(at, back)| Step::RestoreName(at, back)),
        2 => (0..6_usize).prop_map(Step::Revert),
        1 => Just(Step::Reopen),
    ];
    (step, 0..ACTORS.len(), prop::bool::weighted(0.15))
}

#[test]
fn every_read_of_a_file_agrees_with_a_plain_model() {
    hold_to_the_model(Place::file, if long_run() { 1_000 } else { 8 });
}

#[test]
fn every_read_of_a_log_in_memory_agrees_with_a_plain_model() {
    hold_to_the_model(Place::memory, if long_run() { 5_000 } else { 32 });
}

#[test]
fn every_read_of_postgresql_agrees_with_a_plain_model() {
    hold_to_the_model(Place::postgres, if long_run() { 300 } else { 3 });
}

fn hold_to_the_model(place: fn() -> Place, cases: u32) {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&prop::collection::vec(act(), 0..40), |acts| {
        walk(&place(), &acts);
        Ok(())
    });
    if let Err(error) = result {
        panic!("seed {seed}: {error}");
    }
}

fn walk(place: &Place, acts: &[Act]) {
    let mut plain = Plain::default();
    let mut store = place.open();
    for (step, actor, dry) in acts {
        if let Step::Reopen = step {
            drop(store);
            store = place.open();
            continue;
        }
        let intent = if *dry { Intent::DryRun } else { Intent::Commit };
        let (told, expected) = act_on_both(&store, &mut plain, step, ACTORS[*actor], intent);
        assert_eq!(told, expected, "{step:?} as {intent:?}");
    }
    compare_every_read(&store, &plain);
    compare_principals(&store, &plain);
    drop(store);
    compare_every_read(&place.open(), &plain);
    if !matches!(place, Place::Memory(_)) {
        let verified = configapi::application::verify(&place.options(), |_| ()).expect("the log is right");
        assert_eq!(verified.head.revision.get(), plain.head());
    }
}

/// What a write comes to: its revision, and each name that it touched with its value after.
type Told = Result<(Option<u64>, Vec<(String, Option<String>)>), Refusal>;

fn act_on_both(
    store: &ConfigStore,
    plain: &mut Plain,
    step: &Step,
    actor: &str,
    intent: Intent,
) -> (Told, Told) {
    let operation = |plain: &Plain, wish: &Wish| operation(plain, wish);
    let planned = |scope, to| {
        let planned = store.plan_restore(scope, Point::Revision(rev(to)), Metadata::of(actor));
        planned.expect("the past can be read")
    };
    let (write, expected) = match step {
        Step::One(wish) => {
            let command = Command::Single(operation(plain, wish));
            (Write::new(command, Metadata::of(actor)), plain.decide_one(wish))
        }
        Step::All(wishes) => {
            let operations = wishes.iter().map(|wish| operation(plain, wish)).collect();
            let command = Command::transaction(operations).expect("each name once");
            (Write::new(command, Metadata::of(actor)), plain.decide_all(wishes))
        }
        Step::RestorePrefix(at, back) => {
            let to = plain.back(*back);
            let planned = planned(Scope::Prefix(prefix(PREFIXES[*at])), to);
            let expected = plain.decide_restore(to, |name| name.starts_with(PREFIXES[*at]));
            (planned, Ok(expected))
        }
        Step::RestoreName(at, back) => {
            let to = plain.back(*back);
            let planned = planned(Scope::Name(name(NAMES[*at])), to);
            let expected = plain.decide_restore(to, |name| name == NAMES[*at]);
            (planned, Ok(expected))
        }
        Step::Revert(back) => {
            let change = plain.back(*back).max(1);
            match store.plan_revert(rev(change), Metadata::of(actor)) {
                Ok(planned) => (planned, plain.decide_revert(change)),
                // Nothing has happened yet.
                Err(Error::Behind { .. }) => return (Ok((None, Vec::new())), Ok((None, Vec::new()))),
                Err(other) => panic!("the past can be read: {other}"),
            }
        }
        Step::Reopen => unreachable!("done by the caller"),
    };
    let expected = expected.map(|events| {
        let writes = intent == Intent::Commit && !events.is_empty();
        let revision = writes.then(|| plain.record(actor, &events));
        (revision, events)
    });
    let written = store.write(Write { intent, ..write });
    let told = written.map_err(refusal).map(|written| {
        let outcomes = written.outcomes.iter();
        let shown = |outcome: &configapi::application::Outcome| {
            let held = outcome.after.text().map(str::to_owned);
            (outcome.name.to_string(), held)
        };
        (written.revision.map(configapi::domain::Revision::get), outcomes.map(shown).collect())
    });
    (told, expected)
}

fn operation(plain: &Plain, wish: &Wish) -> Operation {
    let subject = name(NAMES[wish.name]);
    let operation = match wish.action {
        Action::Set(at) => Operation::set(subject, value(VALUES[at])),
        Action::Delete => Operation::delete(subject),
        Action::Check => Operation::check(subject),
    };
    match wish.condition {
        Condition::None => operation,
        Condition::Present => operation.if_match(Match::Any),
        Condition::Absent => operation.if_none_match(Match::Any),
        Condition::Current => operation.if_revision(rev(plain.current(NAMES[wish.name]))),
        Condition::Revision(back) => operation.if_revision(rev(plain.back(back))),
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Rejected(Rejection::NeverExisted) => Refusal::NeverExisted,
        Error::Rejected(Rejection::AlreadyDeleted) => Refusal::AlreadyDeleted,
        Error::Rejected(Rejection::PreconditionFailed { current }) => Refusal::Precondition(current.get()),
        Error::Rejected(Rejection::TransactionFailed(failed)) => {
            Refusal::Failed(failed.iter().map(|failed| (failed.index, failed.current.get())).collect())
        }
        Error::Rejected(Rejection::Overwritten(names)) => {
            let told = |found: &OverwrittenName| (found.name.as_str().to_owned(), found.current.get());
            Refusal::Overwritten(names.iter().map(told).collect())
        }
        other => panic!("no refusal of the domain: {other}"),
    }
}
