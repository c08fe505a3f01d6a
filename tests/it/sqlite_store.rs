//! What is the embedded store's own: its file, its lock, its schema, and what it does when a write fails.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test gives up by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use configapi::domain::{Config, ConfigName, Revision};
use configapi::infrastructure::store::{Append, EventStore, SealedChange, SqliteStore, StoreError};
use rusqlite::Connection;

use crate::store_contract::fixture::{BackDoor, Fixture};
use crate::store_contract::model::{EVERYTHING, Log, tree};
use crate::store_contract::sqlite_fixture::SqliteFile;

fn refusal(path: &Path) -> StoreError {
    SqliteStore::open(path).map(|store| store.describe()).expect_err("the store must not open")
}

/// Everything that a store says, or the first error: what `verify` looks at.
type Everything = (Vec<SealedChange>, BTreeMap<ConfigName, Config>);

fn read_everything(path: &Path) -> Result<Everything, StoreError> {
    let log = Log::read(Arc::new(SqliteStore::open(path)?))?;
    log.store.inspect()?;
    let found: BTreeMap<_, _> =
        tree(&*log.store, log.head.revision, "", EVERYTHING)?.concat().into_iter().collect();
    if found != log.tree_at(log.head.revision) {
        return Err(StoreError::corrupt(log.head.revision, "the tree is not the fold of the changes"));
    }
    Ok((log.changes, found))
}

fn write_some(store: Arc<dyn EventStore>) -> Log {
    let mut log = Log::new(store);
    for round in 0..40 {
        let (name, value) = (format!("name/{:02}", round % 13), format!("value {round} ").repeat(20));
        log.write(&[(&name, Some(&value)), ("always", Some(&value))]);
    }
    log.write(&[("always", None)]);
    log
}

#[test]
fn a_second_store_on_the_file_is_refused() {
    let fixture = SqliteFile::fresh();
    let store = fixture.open();
    assert!(matches!(refusal(&fixture.path()), StoreError::InUse(path) if path == fixture.path()));
    // By another name of the same file too.
    let link = fixture.path().with_extension("link");
    std::os::unix::fs::symlink(fixture.path(), &link).unwrap();
    assert!(matches!(refusal(&link), StoreError::InUse(_)));
    drop(store);
    fixture.open();
}

#[test]
fn another_process_on_the_file_is_refused() {
    const PATH: &str = "CONFIGAPI_TEST_SQLITE_PATH";
    if let Some(path) = variable(PATH) {
        assert!(matches!(refusal(Path::new(&path)), StoreError::InUse(_)));
        return;
    }
    let fixture = SqliteFile::fresh();
    let _store = fixture.open();
    let mut child = again("another_process_on_the_file_is_refused");
    assert!(child.env(PATH, fixture.path()).status().unwrap().success());
}

#[test]
fn a_newer_schema_is_refused() {
    let fixture = SqliteFile::fresh();
    drop(fixture.open());
    fixture.execute("INSERT INTO schema_migrations VALUES (99, 0, 1, 99)").unwrap();
    assert!(matches!(refusal(&fixture.path()), StoreError::SchemaTooNew { found: 99, known: 2 }));
}

#[test]
fn a_newer_schema_that_lets_this_release_write_is_opened() {
    let fixture = SqliteFile::fresh();
    drop(fixture.open());
    fixture.execute("INSERT INTO schema_migrations VALUES (3, 0, 1, 2)").unwrap();
    write_some(fixture.open());
}

#[test]
fn a_newer_schema_that_lets_this_release_read_is_verified() {
    let fixture = SqliteFile::fresh();
    drop(fixture.open());
    fixture.execute("INSERT INTO schema_migrations VALUES (3, 0, 2, 3)").unwrap();
    assert!(matches!(refusal(&fixture.path()), StoreError::SchemaTooNew { .. }));
    assert!(SqliteStore::open_to_read(&fixture.path()).is_ok());
}

#[test]
fn another_programs_database_is_left_alone() {
    let fixture = SqliteFile::fresh();
    fixture.execute("CREATE TABLE theirs (id INTEGER PRIMARY KEY)").unwrap();
    let before = fs::read(fixture.path()).unwrap();
    assert!(matches!(refusal(&fixture.path()), StoreError::Misconfigured(_)));
    assert_eq!(fs::read(fixture.path()).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let fixture = SqliteFile::fresh();
    fs::write(fixture.path(), "name = value\n".repeat(1_000)).unwrap();
    assert!(matches!(refusal(&fixture.path()), StoreError::Corrupt { .. }));
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let error = refusal(Path::new("/nowhere/at/all/configapi.db"));
    assert!(matches!(&error, StoreError::Misconfigured(text) if text.contains("/nowhere/at/all")), "{error}");
}

#[test]
fn a_head_that_the_last_change_does_not_confirm_is_refused() {
    let fixture = SqliteFile::fresh();
    drop(write_some(fixture.open()));
    fixture.force("UPDATE log_head SET revision = revision - 1");
    assert!(matches!(refusal(&fixture.path()), StoreError::Corrupt { .. }));
}

#[test]
fn rows_are_not_replaced_and_the_head_does_not_go_back() {
    let fixture = SqliteFile::fresh();
    let log = write_some(fixture.open());
    for statement in [
        "INSERT OR REPLACE INTO changes SELECT * FROM changes WHERE revision = 1",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE revision = 1",
        "INSERT OR REPLACE INTO names SELECT * FROM names",
        "INSERT OR REPLACE INTO log_head SELECT * FROM log_head",
        "UPDATE log_head SET revision = revision - 1",
        "UPDATE log_head SET log_id = zeroblob(16)",
        // Dense: the next version but one, and the next revision but one.
        "INSERT INTO events SELECT name, 41, 9, version + 2, kind, 1, 41, NULL, value, NULL, digest FROM events WHERE revision = 40",
        "INSERT INTO changes (revision, change_id, instant_us, actor, hash)
         VALUES (43, zeroblob(16), 9, 'x', zeroblob(32))",
    ] {
        assert!(fixture.execute(statement).is_err(), "{statement}");
    }
    let changes = log.changes.clone();
    drop(log);
    assert_eq!(read_everything(&fixture.path()).unwrap().0, changes);
}

#[test]
fn what_was_acknowledged_survives_without_a_clean_end() {
    let fixture = SqliteFile::fresh();
    let log = write_some(fixture.open());
    // The files as a killed process leaves them: the store is open, nothing is copied back or closed.
    let copy = SqliteFile::fresh();
    for ending in ["", "-wal"] {
        let of = |path: &Path| format!("{}{ending}", path.display());
        fs::copy(of(&fixture.path()), of(&copy.path())).unwrap();
    }
    assert_eq!(read_everything(&copy.path()).unwrap().0, log.changes);
    std::mem::forget(log);
}

#[test]
fn a_clean_end_leaves_one_file_and_the_lock() {
    let fixture = SqliteFile::fresh();
    drop(write_some(fixture.open()));
    let folder = fixture.path().parent().unwrap().to_owned();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["configapi.db", "configapi.db.lock"]);
}

#[test]
fn a_log_beside_the_file_that_is_cut_loses_its_end_and_nothing_else() {
    let fixture = SqliteFile::fresh();
    let log = write_some(fixture.open());
    let wal = fs::read(format!("{}-wal", fixture.path().display())).unwrap();
    for length in (0..wal.len()).step_by(wal.len() / 37) {
        let copy = SqliteFile::fresh();
        fs::copy(fixture.path(), copy.path()).unwrap();
        fs::write(format!("{}-wal", copy.path().display()), &wal[..length]).unwrap();
        // A log without its first frames is that of a store that has just been made.
        let (found, _) = read_everything(&copy.path()).unwrap();
        assert!(log.changes.starts_with(&found) || found.is_empty(), "cut at {length}");
    }
}

#[test]
fn a_truncated_file_is_refused_or_verified_equal() {
    let fixture = SqliteFile::fresh();
    let log = write_some(fixture.open());
    let changes = log.changes.clone();
    drop(log);
    let whole = fs::read(fixture.path()).unwrap();
    for length in (0..whole.len()).step_by(1_777).chain([1, 2, 99, 511, 512]) {
        let copy = SqliteFile::fresh();
        drop(copy.open());
        fs::write(copy.path(), &whole[..length]).unwrap();
        match read_everything(&copy.path()) {
            Ok((found, _)) => assert!(found == changes, "cut at {length}"),
            Err(StoreError::Corrupt { .. } | StoreError::Misconfigured(_)) => {}
            Err(other) => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn flipped_bits_and_zeroed_pages_are_noticed_or_change_nothing() {
    const PAGE: usize = 4_096;
    let fixture = SqliteFile::fresh();
    let log = write_some(fixture.open());
    let (changes, at) = (log.changes.clone(), log.head.revision);
    let expected = log.tree_at(at);
    drop(log);
    let whole = fs::read(fixture.path()).unwrap();
    let mut noticed = 0;
    let mut check = |what: String, damaged: &[u8]| {
        let copy = SqliteFile::fresh();
        fs::write(copy.path(), damaged).unwrap();
        match read_everything(&copy.path()) {
            Ok(found) => assert!(found == (changes.clone(), expected.clone()), "{what}"),
            Err(_) => noticed += 1,
        }
    };
    for at in (0..whole.len()).step_by(whole.len() / 250) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        check(format!("a bit of byte {at} flipped"), &damaged);
    }
    for page in 0..whole.len() / PAGE {
        let mut damaged = whole.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(0);
        check(format!("page {page} zeroed"), &damaged);
    }
    assert!(noticed > 100, "only {noticed} were noticed");
}

/// SQLite says "I/O error" of it, as of a disk that fails: the store took no append until it was opened again.
#[test]
fn at_the_limit_on_the_size_of_files_the_store_is_full_and_not_poisoned() {
    const PATH: &str = "CONFIGAPI_TEST_LIMITED_PATH";
    if let Some(path) = variable(PATH) {
        return write_until_full(Path::new(&path));
    }
    let fixture = SqliteFile::fresh();
    drop(write_some(fixture.open()));
    let test = again("at_the_limit_on_the_size_of_files_the_store_is_full_and_not_poisoned");
    let mut limited = Command::new("sh");
    // 512-byte blocks: 1 MiB. Without the signal, the write itself fails.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""]).arg(test.get_program());
    let status = limited.args(test.get_args()).env(PATH, fixture.path()).status().unwrap();
    assert!(status.success());
    // Opened again, the store has what was acknowledged, and takes appends.
    let mut log = Log::read(fixture.open()).unwrap();
    assert!(log.head.revision > Revision::new(42));
    log.write(&[("a", Some("again"))]);
}

fn write_until_full(path: &Path) {
    let mut log = Log::read(Arc::new(SqliteStore::open(path).unwrap())).unwrap();
    let value = "x".repeat(100_000);
    let error = loop {
        let change = log.change(&[("a", Some(&value))]);
        match log.store.append(&log.head, std::slice::from_ref(&change)) {
            Ok(done) => assert_eq!(done, Append::Stored),
            Err(error) => break error,
        }
        log.push(change);
    };
    let mut error = error;
    for _ in 0..2 {
        assert!(matches!(&error, StoreError::Full(why) if why.contains("ulimit")), "{error}");
        let change = log.change(&[("b", Some(&value))]);
        error =
            log.store.append(&log.head, std::slice::from_ref(&change)).expect_err("the limit is still there");
    }
    assert_eq!(log.store.head().unwrap(), log.head, "reads go on");
    assert_eq!(tree(&*log.store, log.head.revision, "a", EVERYTHING).unwrap().concat().len(), 2);
}

#[test]
fn the_walk_of_the_tree_and_the_reads_of_one_name_use_their_indexes() {
    let fixture = SqliteFile::fresh();
    drop(write_some(fixture.open()));
    let connection = Connection::open(fixture.path()).unwrap();
    for (statement, text) in [
        ("tree_page", include_str!("../../sql/sqlite/tree_page.sql")),
        ("config_at", include_str!("../../sql/sqlite/config_at.sql")),
        ("changes_after", include_str!("../../sql/sqlite/changes_after.sql")),
        ("events_of_changes", include_str!("../../sql/sqlite/events_of_changes.sql")),
        ("history_oldest_first", include_str!("../../sql/sqlite/history_oldest_first.sql")),
        ("history_newest_first", include_str!("../../sql/sqlite/history_newest_first.sql")),
        ("hash_of", include_str!("../../sql/sqlite/hash_of.sql")),
        ("revision_at", include_str!("../../sql/sqlite/revision_at.sql")),
        ("instant_of", include_str!("../../sql/sqlite/instant_of.sql")),
        ("find_marked", include_str!("../../sql/sqlite/find_marked.sql")),
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let parameters = plan.parameter_count();
        let steps =
            plan.query_map(rusqlite::params_from_iter(vec![1; parameters]), |row| row.get(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        // The names that were asked for are no table.
        let is_scan = |step: &str| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
        let bad = |step: &&String| is_scan(step) || step.contains("TEMP B-TREE");
        assert_eq!(steps.iter().find(bad), None, "{statement}: {steps:#?}");
    }
}

/// This test again, in a process of its own.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("sqlite_store::{test}"), "--nocapture"]);
    command
}

#[expect(clippy::disallowed_methods, reason = "what a test tells its own second process")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
