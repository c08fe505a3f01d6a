//! The real programs of older releases, built from this repository's history: only in the long runs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::{PATIENCE, verify};
use crate::support::history::Log;
use crate::support::http::Client;
use crate::support::postgres::fresh_database;
use crate::support::server::{Server, Store};
use crate::support::{eventually, long_run};

const CLIENTS: usize = 8;
const TEXT: &[(&str, &str)] = &[("content-type", "text/plain")];
/// Each client asks the older server so often after it is fenced.
const REFUSALS: usize = 20;

/// The last commit that had each schema.
const SCHEMA_1: &str = "377a89f6e812334445c728ae11095daed438c7a1";
const SCHEMA_2: &str = "e64e868";

/// Builds a release in a folder of its own, once for each target folder of ours.
fn program_of(commit: &str) -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("older");
    let (sources, program) = (base.join(commit), base.join(format!("configapi-{commit}")));
    fs::create_dir_all(&sources).unwrap();
    let lock = File::create(base.join("lock")).unwrap();
    lock.lock().unwrap();
    if program.is_file() {
        return program;
    }
    let mut archive = Command::new("git");
    archive.current_dir(env!("CARGO_MANIFEST_DIR")).args(["archive", commit]).stdout(Stdio::piped());
    let mut archive = archive.spawn().expect("git has the history of this repository");
    let files = archive.stdout.take().expect("piped");
    let unpacked = Command::new("tar").arg("x").current_dir(&sources).stdin(files).status().unwrap();
    assert!(unpacked.success() && archive.wait().unwrap().success(), "no sources of {commit}");
    let target = base.join("target");
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--locked", "--bin", "configapi", "--target-dir"])
        .arg(&target)
        .current_dir(&sources);
    build.env("CARGO_PROFILE_DEV_DEBUG", "0");
    assert!(build.status().unwrap().success(), "{commit} does not build");
    fs::copy(target.join("debug/configapi"), &program).unwrap();
    program
}

/// The responses that one client of the older server got.
#[derive(Default)]
struct Responses {
    acknowledged: Vec<(u64, String, String)>,
    refused: HashMap<u16, usize>,
}

fn write(client: &Client, number: usize, count: &AtomicUsize, fenced: &AtomicBool) -> Responses {
    let mut responses = Responses::default();
    let mut since = 0;
    for turn in 0.. {
        since += usize::from(fenced.load(Ordering::SeqCst));
        if since > REFUSALS {
            break;
        }
        let (name, value) = (format!("client-{number}-{}", turn % 5), format!("value {turn}"));
        let answer = client.send("PUT", &format!("/v1/config/{name}"), TEXT, Some(value.as_bytes()));
        match answer.status {
            200 => {
                assert_eq!(since, 0, "the older server still writes after the migration");
                let revision = answer.header("config-revision").and_then(|it| it.parse().ok());
                responses.acknowledged.push((revision.expect("a revision"), name, value));
                count.fetch_add(1, Ordering::SeqCst);
            }
            500 | 503 => *responses.refused.entry(answer.status).or_default() += 1,
            _ => panic!("{answer:?}"),
        }
    }
    responses
}

fn upgrade(schema: i64, commit: &str) {
    let store = Store::Postgres(fresh_database());
    let old =
        Server::try_start_program(&program_of(commit), &store, &[], &[]).expect("the older server starts");
    let (count, fenced) = (AtomicUsize::new(0), AtomicBool::new(false));
    let responses: Vec<Responses> = thread::scope(|scope| {
        let (client, count, fenced) = (old.client(), &count, &fenced);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = client.clone();
                scope.spawn(move || write(&client, number, count, fenced))
            })
            .collect();
        eventually(PATIENCE, || count.load(Ordering::SeqCst) > 1_000);
        let new = Server::start(&store, &[]);
        fenced.store(true, Ordering::SeqCst);
        eventually(PATIENCE, || client.get("/readyz").status == 503);
        new.client().put("/v1/config/new", "1").expect(200);
        clients.into_iter().map(|it| it.join().expect("a client is refused, not served")).collect()
    });

    let log = Log::read(&store);
    let rows: HashMap<u64, _> = log.rows.iter().map(|row| (row.revision, row)).collect();
    let (mut acknowledged, mut lost, mut refused) = (0, 0, HashMap::new());
    for responses in &responses {
        acknowledged += responses.acknowledged.len();
        lost += responses
            .acknowledged
            .iter()
            .filter(|(revision, name, value)| {
                rows.get(revision).is_none_or(|row| (&row.name, row.value.as_ref()) != (name, Some(value)))
            })
            .count();
        for (status, times) in &responses.refused {
            *refused.entry(status).or_insert(0) += times;
        }
    }
    eprintln!(
        "the program with schema {schema}: {acknowledged} writes acknowledged, {lost} lost; refused by status: {refused:?}"
    );
    assert_eq!(lost, 0);
    let Store::Postgres(url) = &store else { unreachable!() };
    verify(url);
}

#[test]
fn the_program_with_schema_1_loses_nothing_and_is_fenced_when_a_new_one_starts() {
    if long_run() {
        upgrade(1, SCHEMA_1);
    }
}

#[test]
fn the_program_with_schema_2_loses_nothing_and_is_fenced_when_a_new_one_starts() {
    if long_run() {
        upgrade(2, SCHEMA_2);
    }
}
