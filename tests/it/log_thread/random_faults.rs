//! Faults at every call, by chance, under several writers: what was acknowledged is in the log once, what was
//! refused is not, and what is unknown is there once or not at all (G10).

use std::sync::Arc;

use configapi::application::{ConfigStore, Error, Kind};
use configapi::infrastructure::store::{EventStore, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{SOON, fold, places_of_values, serve, whole_log};
use crate::support::faulty_store::{Call, Fault, FaultyStore, unavailable};
use crate::support::places::Place;
use crate::support::writes::{ada, made, name, now, tree};
use crate::support::{eventually, long_run, seed};

const WRITERS: usize = 4;
const WRITES_EACH: usize = 12;

fn fault() -> impl Strategy<Value = (Call, Fault)> {
    let full = || StoreError::Full("a fault of the test".to_owned());
    let append = prop_oneof![
        4 => Just(Fault::Fail(unavailable())),
        1 => Just(Fault::Fail(full())),
        4 => Just(Fault::LoseTheAnswer),
        4 => Just(Fault::LoseTheCall),
        1 => Just(Fault::PanicBefore),
        1 => Just(Fault::PanicAfter),
    ];
    let appends = prop_oneof![3 => Just(Call::Append), 1 => Just(Call::LockedAppend)];
    let reads =
        prop_oneof![Just(Call::Head), Just(Call::ChangesAfter), Just(Call::LockHead), Just(Call::TreePage)];
    prop_oneof![
        3 => (appends, append),
        1 => (reads, Just(Fault::Fail(unavailable()))),
    ]
}

/// What became of one value.
struct Told {
    value: String,
    outcome: Result<u64, Kind>,
}

#[test]
fn what_writers_are_told_is_what_the_log_says() {
    let seed = seed();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = if long_run() { 2_000 } else { 12 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    // Few enough panics that no thread is given up: there are ten a minute.
    let faults = prop::collection::vec(fault(), 0..30).prop_map(|mut faults| {
        let mut panics = 0;
        faults.retain(|(_, fault)| {
            panics += usize::from(matches!(fault, Fault::PanicBefore | Fault::PanicAfter));
            !matches!(fault, Fault::PanicBefore | Fault::PanicAfter) || panics <= 5
        });
        faults
    });
    let result = runner.run(&faults, |faults| {
        compare_what_was_told(faults);
        Ok(())
    });
    if let Err(error) = result {
        panic!("seed {seed}: {error}");
    }
}

/// Two servers on one log, one of them with faults; both are written to.
fn compare_what_was_told(faults: Vec<(Call, Fault)>) {
    let place = Place::memory();
    let log = FaultyStore::before(place.store());
    let servers = [serve(Arc::clone(&log) as Arc<dyn EventStore>, 5), serve(place.store(), 5)];
    faults.into_iter().for_each(|(call, fault)| log.next(call, fault));
    let told: Vec<Told> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|writer| (writer, &servers[writer % 2])).collect();
        let writing: Vec<_> =
            writers.into_iter().map(|(writer, server)| scope.spawn(move || write(server, writer))).collect();
        writing.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
    });

    // Faults that nobody has met would be met by the end's own looks.
    log.forget_all();
    made(servers[0].put(&name("end"), "end", ada()));
    let changes = whole_log(log.as_ref());
    let places = places_of_values(&changes);
    for Told { value, outcome } in told {
        let found = places.get(&value).map_or(&[][..], Vec::as_slice);
        match outcome {
            Ok(revision) => assert_eq!(found, [revision], "{value}"),
            Err(Kind::OutcomeUnknown) => assert!(found.len() <= 1, "{value} is at {found:?}"),
            Err(kind) => assert!(found.is_empty(), "{value} was refused: {kind:?}"),
        }
    }
    for server in &servers {
        eventually(SOON, || now(server, "end").is_some());
        assert_eq!(tree(server), fold(&changes));
        assert_eq!(server.health().trouble, None);
    }
}

fn write(server: &ConfigStore, writer: usize) -> Vec<Told> {
    let put = |number| {
        let value = format!("{writer}.{number}");
        let written = server.put(&name(["a", "b", "c"][number % 3]), &value, ada());
        let outcome = written.map(|written| written.revision.expect("a change").get());
        Told { value, outcome: outcome.map_err(|error: Error| error.kind()) }
    };
    (0..WRITES_EACH).map(put).collect()
}
