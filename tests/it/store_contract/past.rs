//! The reads that answers about the past are made of: names between two revisions, states of some names.

use configapi::domain::{Config, ConfigName, Revision};

use super::fixture::Fixture;
use super::model::{EVERYTHING, Log, name, tree};
use super::reading::AWKWARD_NAMES;

/// Names that come and go, in changes of several events.
fn log(fixture: &dyn Fixture) -> Log {
    let mut log = Log::new(fixture.open());
    for round in 0..7_usize {
        let value = "v".repeat(round * 10);
        let operations: Vec<_> = AWKWARD_NAMES.iter().skip(round).step_by(3).rev().collect();
        log.write(&operations.iter().map(|name| (**name, Some(value.as_str()))).collect::<Vec<_>>());
        if round % 3 == 2 {
            log.write(&[(operations[0], None)]);
        }
    }
    log
}

pub(crate) fn the_names_between_two_revisions_are_those_of_the_events(fixture: &dyn Fixture) {
    let log = log(fixture);
    let head = log.head.revision.get();
    for (after, to) in (0..=head).flat_map(|after| (0..=head + 2).map(move |to| (after, to))) {
        let (after, to) = (Revision::new(after), Revision::new(to));
        let changes = log.changes.iter().map(|sealed| &sealed.change);
        let between = changes.filter(|change| change.revision > after && change.revision <= to);
        let expected: Vec<(Revision, ConfigName)> = between
            .flat_map(|change| change.events.iter().map(|event| (change.revision, event.name.clone())))
            .collect();
        assert_eq!(log.store.names_between(after, to, usize::MAX).unwrap(), expected, "{after} to {to}");
        for rows_max in [1, 2, 5] {
            let found = log.store.names_between(after, to, rows_max).unwrap();
            assert_eq!(found, expected[..rows_max.min(expected.len())], "{after} to {to}");
        }
    }
}

pub(crate) fn the_states_of_some_names_are_those_of_the_tree(fixture: &dyn Fixture) {
    let log = log(fixture);
    // In any order, some twice, one that never was.
    let mut wanted: Vec<ConfigName> = AWKWARD_NAMES.iter().rev().step_by(2).map(|text| name(text)).collect();
    wanted.extend([name("never"), name("a"), name("a")]);
    for at in (0..=log.head.revision.get() + 1).map(Revision::new) {
        let expected = log.tree_at(at);
        let expected: Vec<Option<Config>> = wanted.iter().map(|name| expected.get(name).cloned()).collect();
        assert_eq!(log.store.configs_at(&wanted, at, usize::MAX).unwrap(), expected, "at {at}");
    }
    assert!(log.store.configs_at(&[], Revision::MAX, 1).unwrap().is_empty());
}

pub(crate) fn the_states_of_some_names_end_where_the_next_has_no_room(fixture: &dyn Fixture) {
    let log = log(fixture);
    let at = log.head.revision;
    let mut wanted: Vec<ConfigName> = vec![name("never")];
    wanted.extend(AWKWARD_NAMES.map(name));
    wanted.push(name("never/more"));
    let all = log.store.configs_at(&wanted, at, usize::MAX).unwrap();
    let bytes = |(name, state): (&ConfigName, &Option<Config>)| {
        let value = |config: &Config| config.value_bytes();
        state.as_ref().map_or(0, |config| name.as_str().len() + value(config))
    };
    for bytes_max in [0, 1, 40, 65, 200, 1_000] {
        let mut after = 0;
        while after < wanted.len() {
            let found = log.store.configs_at(&wanted[after..], at, bytes_max).unwrap();
            assert_eq!(found, all[after..after + found.len()], "{bytes_max} bytes after {after}");
            let counted: Vec<usize> = wanted[after..].iter().zip(&all[after..]).map(bytes).collect();
            let mut expected = 0;
            let mut sum = 0;
            for bytes in counted {
                // The first name that has a state always has room.
                if sum > 0 && sum + bytes > bytes_max {
                    break;
                }
                sum += bytes;
                expected += 1;
            }
            assert_eq!(found.len(), expected, "{bytes_max} bytes after {after}");
            after += found.len();
        }
    }
    // A walk of the tree and these agree.
    let whole = tree(&*log.store, at, "", EVERYTHING).unwrap().concat();
    let names: Vec<ConfigName> = whole.iter().map(|(name, _)| name.clone()).collect();
    let states = log.store.configs_at(&names, at, usize::MAX).unwrap();
    assert!(whole.into_iter().map(|(_, config)| Some(config)).eq(states));
}
