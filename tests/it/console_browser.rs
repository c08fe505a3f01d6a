//! The console in a browser: the tests of `tests/console`, by node's own runner, each file once on each store.
//!
//! Debian's Chromium is driven by playwright-core. `./tests/run` installs both, and axe. A file gets a new database from
//! this process for each of its tests. By hand, on files: `node --test tests/console/browse.test.js`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rouille::Response;

use crate::support::postgres::migrated_database;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console")
}

/// The names of the test files in a folder, without their ending.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.filter_map(|name| name.to_str()?.strip_suffix(".test.js").map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Runs node's test runner; fails with all that it said.
#[track_caller]
fn node(files: impl IntoIterator<Item = impl AsRef<OsStr>>, variables: &[(&str, &str)]) {
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec"]).args(files).envs(variables.iter().copied());
    let output = command
        .env("CONFIGAPI_TEST_BINARY", env!("CARGO_BIN_EXE_configapi"))
        .output()
        .unwrap_or_else(|error| panic!("node can't be run ({error}): ./tests/run installs it"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    print_out(&said);
}

#[expect(clippy::print_stdout, reason = "the runner shows it on demand")]
fn print_out(said: &str) {
    println!("{said}");
}

fn test_file(name: &str) -> PathBuf {
    tests().join(format!("{name}.test.js"))
}

/// Runs a file on databases, which it gets from this process.
#[track_caller]
fn on_postgresql(name: &str) {
    let databases = rouille::Server::new("127.0.0.1:0", |_| Response::text(migrated_database())).unwrap();
    let address = format!("http://{}", databases.server_addr());
    let (_thread, stop) = databases.stoppable();
    node([test_file(name)], &[("CONFIGAPI_TEST_DATABASES", &address)]);
    drop(stop);
}

#[track_caller]
fn on_a_file(name: &str) {
    node([test_file(name)], &[]);
}

/// Files whose subject depends on the store: each runs on both.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            #[test]
            fn on_postgresql() {
                super::on_postgresql(stringify!($name));
            }

            #[test]
            fn on_a_file() {
                super::on_a_file(stringify!($name));
            }
        })*

        const ON_BOTH_STORES: &[&str] = &[$(stringify!($name)),*];
    };
}

on_both_stores![access, browse, changes, changeset, compare, import, operations, outage, start, time, value];

macro_rules! on_one_store {
    ($list:ident: $run:ident: $($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            $run(stringify!($name));
        })*

        const $list: &[&str] = &[$(stringify!($name)),*];
    };
}

// Files whose subject is the page alone.
on_one_store![ON_A_FILE: on_a_file: appearance, copying, keyboard, many, markup];

// Files that need several servers on one log.
on_one_store![ON_POSTGRESQL: on_postgresql: replica];

#[test]
fn every_file_runs() {
    let mut listed = [ON_BOTH_STORES, ON_A_FILE, ON_POSTGRESQL].concat();
    listed.sort_unstable();
    assert_eq!(files(&tests()), listed);
}

#[test]
fn the_parts_without_a_page_work() {
    let folder = tests().join("unit");
    let files = files(&folder);
    assert!(!files.is_empty());
    node(files.iter().map(|name| folder.join(format!("{name}.test.js"))), &[]);
}
