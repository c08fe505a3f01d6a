//! The architecture as a test: who may use whom, how long a file may be, and what no file may hold.
//!
//! Each rule is a function from files to findings (`file:line: what and which rule`), tried on a bad line
//! too, so that it can fail. A rule that stands in the way of a better design is changed here, in the
//! commit that needs it, with the reason.

#![allow(missing_docs, unreachable_pub, clippy::expect_used, reason = "a test's way to fail is to panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/floors.rs"]
mod floors;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/words.rs"]
mod words;

use floors::{Crates, FLOORS};
use source::Source;

/// The domain decides on what it gets: it has no clock and no I/O of its own, and neither has `wire`. (`SystemTime` is
/// also the type that instants are converted to; reading the clock by it is a lint's to refuse, everywhere.)
const CLOCKS_AND_IO: &[&str] =
    &["std::fs", "std::io", "std::net", "std::process", "std::env", "std::thread", "std::time::Instant"];

/// `main.rs` has one way in, and chooses the allocator: that is a program's to do, never a library's.
const MAIN_MAY_USE: [&str; 2] = ["configapi::presentation::cli", "mimalloc::MiMalloc"];

const LINES_MAX: usize = 399;
const MEDIAN_LINES_MAX: usize = 200;

/// Statements that one store has and the other has no need of, each with the reason.
const ONE_STORE_ONLY: &[&str] = &[
    // PostgreSQL appends in one statement, SQLite in several inside a transaction.
    "append.sql",
    "insert_change.sql",
    "insert_event.sql",
    "insert_name.sql",
    "move_head.sql",
    "last_change.sql",
    // Each finds the revision of a version by halves: PostgreSQL in one statement, SQLite by one seek each.
    "revision_of_version.sql",
    "version_at.sql",
    // PostgreSQL takes all names in one statement, SQLite one name after the other, by config_at.sql.
    "configs_at.sql",
    // The same of instants.
    "revisions_at.sql",
    "revision_at.sql",
    // After a lost race PostgreSQL has to read head and ids in one snapshot; SQLite is in its transaction.
    "head_and_change_ids.sql",
    "change_id_at.sql",
    // Only PostgreSQL has other servers: a lock, notifications, settings, roles, migrators at the same time.
    "lock_head.sql",
    "listen.sql",
    "standby_is_level.sql",
    "unlisten.sql",
    "server_settings.sql",
    "may_append.sql",
    // Roles and their rights, which a file does not have.
    "grant_role.sql",
    "may_migrate.sql",
    "name_role.sql",
    "role.sql",
    "role_may_serve.sql",
    "schema_presence.sql",
    // A migration locks the older tables; `verify` reads an older schema as it is.
    "lock_schema_1.sql",
    "lock_schema_2.sql",
    "migration_lock_timeout.sql",
    "migration_pause.sql",
    "head_schema_2.sql",
    "identity_schema_2.sql",
    "changes_after_schema_2.sql",
    "migration_lock.sql",
    // Only SQLite reads a page of changes in two steps, checks its file's schema, and probes without a clock.
    "events_of_changes.sql",
    "events_of_changes_schema_1.sql",
    "schema_objects.sql",
    "probe.sql",
];

/// A file of the project: its path from the top, with `/`, and its text.
struct File {
    path: String,
    text: String,
}

/// The files below these folders that end so, in order.
fn files(folders: &[&str], ending: &str) -> Vec<File> {
    fn walk(top: &Path, folder: &Path, ending: &str, found: &mut Vec<File>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(top, &path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                let text = fs::read_to_string(&path).expect("a text file");
                let path =
                    path.strip_prefix(top).expect("below the top").to_string_lossy().replace('\\', "/");
                found.push(File { path, text });
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in folders {
        walk(top, &top.join(folder), ending, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn dependencies() -> BTreeSet<String> {
    let manifest =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).expect("a manifest");
    let section = manifest.split("\n[").find_map(|section| section.strip_prefix("dependencies]\n"));
    let lines = section.expect("dependencies").lines();
    lines.filter_map(|line| Some(line.split_once(" = ")?.0.trim().replace('-', "_"))).collect()
}

/// The modules above what a file holds: `src/domain/name.rs` is `domain::name`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).map(str::to_owned).collect()
}

fn is_test_code(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn floor_findings(file: &File, dependencies: &BTreeSet<String>) -> Vec<String> {
    let module = module_of(&file.path);
    let is_main = file.path == "src/main.rs";
    let floor = FLOORS.iter().find(|floor| module.first().is_some_and(|room| room == floor.room));
    let mut findings = Vec::new();
    for found in Source::read(&file.text).paths() {
        let mut segments = found.segments.clone();
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        if supers > 0 {
            let above = module[..module.len().saturating_sub(supers)].iter().cloned();
            segments =
                ["crate".to_owned()].into_iter().chain(above).chain(segments.drain(supers..)).collect();
        }
        let path = segments.join("::");
        let mut report =
            |rule: &str| findings.push(format!("{}:{}: `{path}`: {rule}", file.path, found.line));
        let room = if segments[0] == "crate" { segments.get(1) } else { None };
        let foreign = dependencies.contains(&segments[0]);
        let may_main = || MAIN_MAY_USE.iter().any(|allowed| path.starts_with(allowed));
        if is_main && (foreign || segments[0] == "configapi") && !may_main() {
            report("main.rs uses presentation::cli, the allocator and nothing else");
        }
        let Some(floor) = floor else { continue };
        if let Some(room) = room
            && room != floor.room
            && FLOORS.iter().any(|floor| floor.room == room)
            && !floor.rooms.contains(&room.as_str())
        {
            report(&format!("{} may not use {room}, only {:?}", floor.room, floor.rooms));
        }
        let allowed = match floor.crates {
            Crates::Only(some) => some.contains(&segments[0].as_str()),
            Crates::AllBut(some) => !some.iter().any(|group| group.contains(&segments[0].as_str())),
        };
        // A module may have a crate's name: the store's `postgres`.
        let is_module = file.path.starts_with("src/") && found_module(&file.path, &segments[0]);
        if foreign && !allowed && !is_module {
            report(&format!("{} may not use this crate", floor.room));
        }
        let clock_or_io =
            CLOCKS_AND_IO.iter().any(|one| path == *one || path.starts_with(&format!("{one}::")));
        if matches!(floor.room, "domain" | "wire") && clock_or_io {
            report(&format!("{} has no clock and no I/O", floor.room));
        }
    }
    findings
}

fn found_module(path: &str, name: &str) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    folder
        .parent()
        .is_some_and(|folder| folder.join(format!("{name}.rs")).exists() || folder.join(name).is_dir())
}

fn unwraps(file: &File) -> Vec<String> {
    let rule = "no `unwrap()` in src: an error, or `expect` with the invariant and a reason";
    Source::read(&file.text).unwraps.iter().map(|line| format!("{}:{line}: {rule}", file.path)).collect()
}

/// SQL is in `sql/`, and the stores name it; nobody else speaks it.
fn sql_outside_the_stores(file: &File) -> Vec<String> {
    if file.path.starts_with("src/infrastructure/") {
        return Vec::new();
    }
    let speaks_sql = |text: &str| {
        ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|word| text.contains(word))
            || Path::new(text).extension().is_some_and(|ending| ending == "sql")
    };
    let strings = Source::read(&file.text).strings.into_iter().filter(|(_, text)| speaks_sql(text));
    strings.map(|(line, _)| format!("{}:{line}: SQL is infrastructure's", file.path)).collect()
}

/// Handlers and fronts get a view for one principal. Only these make the view, from the store that they hold.
const MAY_HOLD_THE_STORE: [&str; 2] = ["src/presentation/http/api.rs", "src/presentation/http/exchange.rs"];

fn ways_past_the_view(file: &File) -> Vec<String> {
    let folders = ["src/presentation/http", "src/presentation/fronts"];
    let is_inside = folders.iter().any(|folder| file.path.starts_with(folder));
    if !is_inside || MAY_HOLD_THE_STORE.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let source = Source::read(&file.text);
    let names = |path: &&source::Path| {
        path.segments.iter().any(|segment| ["ConfigStore", "EventStore"].contains(&segment.as_str()))
            || path.segments.ends_with(&["View".to_owned(), "new".to_owned()])
    };
    let rule = "handlers and fronts reach values by the exchange's view alone";
    let ways = source.paths().chain(&source.through_imports).filter(names);
    ways.map(|path| format!("{}:{}: {rule}", file.path, path.line)).collect()
}

fn marks(file: &File) -> Vec<String> {
    // Put together here, so that this file holds none.
    let words = [["TO", "DO"], ["FIX", "ME"]].map(|halves| halves.concat());
    let lines =
        file.text.lines().enumerate().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    lines
        .map(|(at, _)| format!("{}:{}: no marks are left: do it, or open an issue", file.path, at + 1))
        .collect()
}

fn lengths(files: &[File]) -> Vec<String> {
    let mut counts: Vec<usize> = files.iter().map(|file| file.text.lines().count()).collect();
    let mut findings: Vec<String> = (files.iter().zip(&counts))
        .filter(|(_, lines)| **lines > LINES_MAX)
        .map(|(file, lines)| format!("{}:{lines}: a file has at most {LINES_MAX} lines", file.path))
        .collect();
    counts.sort_unstable();
    if let Some(&median) = counts.get(counts.len() / 2).filter(|&&median| median > MEDIAN_LINES_MAX) {
        findings
            .push(format!("the median file has {median} lines; at most {MEDIAN_LINES_MAX}, better near 150"));
    }
    findings
}

fn statements(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for File { path, text } in files {
        if !text.starts_with("-- ") {
            findings.push(format!(
                "{path}:1: a statement begins with a comment: purpose, parameters, columns, lock"
            ));
        }
        let Some((_, name)) = path.strip_prefix("sql/").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        if name.starts_with("migrations/") || ONE_STORE_ONLY.contains(&name) {
            continue;
        }
        let twin = |store: &str| files.iter().any(|file| file.path == format!("sql/{store}/{name}"));
        for store in ["postgres", "sqlite"].into_iter().filter(|store| !twin(store)) {
            findings.push(format!("{path}:1: sql/{store} has no {name}, and it isn't in ONE_STORE_ONLY"));
        }
    }
    findings
}

fn src() -> Vec<File> {
    let files: Vec<File> =
        files(&["src"], ".rs").into_iter().filter(|file| !is_test_code(&file.path)).collect();
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the sources are not where this test looks");
    files
}

#[track_caller]
fn holds(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn each_room_uses_only_what_its_floor_may() {
    let dependencies = dependencies();
    holds(&src().iter().flat_map(|file| floor_findings(file, &dependencies)).collect::<Vec<_>>());
}

#[test]
fn src_has_no_unwrap() {
    holds(&src().iter().flat_map(unwraps).collect::<Vec<_>>());
}

#[test]
fn only_the_stores_speak_sql() {
    holds(&src().iter().flat_map(sql_outside_the_stores).collect::<Vec<_>>());
}

#[test]
fn handlers_and_fronts_reach_values_by_the_view_alone() {
    holds(&src().iter().flat_map(ways_past_the_view).collect::<Vec<_>>());
}

#[test]
fn no_mark_is_left() {
    let folders = ["src", "tests", "benches", "examples", "sql", ".ci"];
    let files = ["rs", "sql", "sh", "run", "md"].into_iter().flat_map(|ending| files(&folders, ending));
    holds(&files.flat_map(|file| marks(&file)).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    holds(&lengths(&files(&["src", "tests", "benches", "examples"], ".rs")));
}

#[test]
fn both_stores_have_the_same_statements_and_each_says_what_it_is_for() {
    holds(&statements(&files(&["sql"], ".sql")));
}

#[test]
fn files_use_each_other_in_no_circle_but_the_listed_ones() {
    holds(&circles::findings(&circles::circles(&src()), circles::CIRCLES));
}

#[test]
fn words_that_plain_english_avoids_get_fewer() {
    let mut texts: Vec<File> = files(&["src"], ".rs");
    texts.extend(files(&["docs"], ".md"));
    texts.extend(files(&["sql"], ".sql"));
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    texts.push(File { path: "README.md".to_owned(), text: readme });
    holds(&words::findings(&texts, words::WORDS, words::SLACK));
}
