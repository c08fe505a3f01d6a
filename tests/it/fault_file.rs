//! The embedded file: two servers on it, and damage to what is in it, met by the real binary.

use std::fs;
use std::path::Path;

use crate::support::history::{Random, Scene};
use crate::support::long_run;
use crate::support::server::{Server, Store, run};

#[test]
fn a_second_server_on_a_file_says_who_is_in_the_way_and_ends() {
    let mut scene = Scene::file();
    scene.serve(1);
    let client = scene.server(0).client();
    client.put("/v1/config/a", "1").expect(200);
    let failed = Server::try_start(&scene.store, &[], &[]).expect_err("one server a file");
    assert_eq!(failed.status.and_then(|status| status.code()), Some(1), "{failed:?}");
    assert!(failed.stderr.contains("in use by another process"), "{failed:?}");
    let verified = run(&scene.store, "verify", &[]);
    assert!(verified.status.success(), "it only reads");
    client.put("/v1/config/a", "2").expect(200);
    // Killed, it leaves no lock behind.
    scene.take(0).kill9();
    scene.serve_again(0);
    assert_eq!(scene.server(0).client().get("/v1/config/a").text, "2");
    scene.check("two servers on a file");
}

#[derive(Debug)]
enum Damage {
    Flip { at: usize, bit: u32 },
    Zero { page: usize },
    Truncate { to: usize },
}

const PAGE_BYTES: usize = 4096;

impl Damage {
    fn random(random: &mut Random, length: usize) -> Self {
        let mut below = |end: usize| usize::try_from(random.below(end as u64)).expect("small");
        match below(4) {
            0 => Self::Zero { page: below(length / PAGE_BYTES) },
            1 => Self::Truncate { to: below(length) },
            _ => Self::Flip { at: below(length), bit: u32::try_from(below(8)).expect("small") },
        }
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::Flip { at, bit } => bytes[at] ^= 1 << bit,
            Self::Zero { page } => bytes[page * PAGE_BYTES..(page + 1) * PAGE_BYTES].fill(0),
            Self::Truncate { to } => bytes.truncate(to),
        }
    }
}

/// What a server on a file shows: each name's value now and long ago, or that it can't be read.
fn shown(store: &Store, names: &[String]) -> Result<[Vec<Option<String>>; 2], String> {
    let mut server = Server::try_start(store, &[], &[]).map_err(|failed| format!("{failed:?}"))?;
    let client = server.client();
    let values = |query: &str| -> Vec<Option<String>> {
        let answers = names.iter().map(|name| client.get(&format!("/v1/config/{name}{query}")));
        // An error is an honest answer; another value is not.
        answers.map(|answer| matches!(answer.status, 200 | 404).then_some(answer.text)).collect()
    };
    let values = [values(""), values("?at=60")];
    server.sigterm();
    Ok(values)
}

#[test]
fn a_damaged_file_is_refused_or_shows_what_was_written_and_never_anything_else() {
    let mut scene = Scene::file();
    scene.serve(1);
    let client = scene.server(0).client();
    let names: Vec<String> = (0..25).map(|number| format!("name{number}")).collect();
    for round in 0..8 {
        for name in &names {
            client
                .put(&format!("/v1/config/{name}"), &format!("{name} {round} ").repeat(round * 9 + 1))
                .expect(200);
        }
    }
    scene.server(0).sigterm();
    scene.take(0);
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    let original = fs::read(&path).expect("the file");
    assert!(original.len() > 20 * PAGE_BYTES, "the whole log is in the file, not beside it");
    let expected = shown(&scene.store, &names).expect("it is whole");
    let mut random = Random(scene.seed);
    let (mut refused, mut harmless) = (0, 0);
    for _ in 0..if long_run() { 1_000 } else { 25 } {
        let damage = Damage::random(&mut random, original.len());
        let copy = tempfile::tempdir().expect("a folder");
        let store = Store::File(damaged_copy(&original, &damage, copy.path()));
        let verified = run(&store, "verify", &[]);
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(!said.contains("panicked"), "{damage:?}: {said}");
        if verified.status.success() {
            harmless += 1;
            assert_eq!(
                shown(&store, &names).as_ref(),
                Ok(&expected),
                "{damage:?}: verified, and shows another tree"
            );
        } else {
            refused += 1;
            assert!(said.starts_with("configapi: "), "{damage:?}: {said}");
            match shown(&store, &names) {
                Err(failed) => assert!(!failed.contains("panicked"), "{damage:?}: {failed}"),
                // An event that a damaged index hides from a read of the past is for `verify` to find.
                Ok([now, _]) => {
                    for (value, expected) in now.iter().zip(&expected[0]) {
                        assert!(
                            value.is_none() || value == expected,
                            "{damage:?}: {value:?} instead of {expected:?}"
                        );
                    }
                }
            }
        }
    }
    assert!(refused > 0, "of so many kinds of damage some must show");
    eprintln!("damaged files: {refused} refused, {harmless} verified equal");
}

fn damaged_copy(original: &[u8], damage: &Damage, folder: &Path) -> std::path::PathBuf {
    let mut bytes = original.to_vec();
    damage.apply(&mut bytes);
    let path = folder.join("configapi.db");
    fs::write(&path, bytes).expect("a file of the test's own");
    path
}

#[test]
fn an_emptied_file_beside_its_lock_is_refused_and_not_taken_for_a_new_one() {
    let mut scene = Scene::file();
    scene.serve(1);
    scene.server(0).client().put("/v1/config/a", "1").expect(200);
    scene.server(0).sigterm();
    scene.take(0);
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    fs::write(&path, "").expect("a file of the test's own");
    let failed = Server::try_start(&scene.store, &[], &[]).expect_err("a log was there");
    assert!(failed.stderr.contains("held a log before"), "{failed:?}");
    assert_eq!(failed.status.and_then(|status| status.code()), Some(4), "{failed:?}");
}

#[test]
fn a_server_that_stops_leaves_one_file_that_is_the_whole_log() {
    let mut scene = Scene::file();
    // What was left beside it, and lost by whoever copied the file, depended on which thread let go first.
    scene.serve(1);
    let load = scene.load(4, 6);
    scene.acknowledge(50);
    load.finish();
    assert!(scene.server(0).sigterm().success());
    scene.take(0);
    let Store::File(path) = scene.store.clone() else { panic!("it is a file") };
    let copy = tempfile::tempdir().expect("a folder");
    let moved = Store::File(copy.path().join("moved.db"));
    let Store::File(to) = &moved else { unreachable!() };
    fs::copy(&path, to).expect("a copy");
    scene.store = moved.clone();
    scene.direct = moved;
    scene.serve_again(0);
    scene.check("one file moved");
    drop(copy);
}
