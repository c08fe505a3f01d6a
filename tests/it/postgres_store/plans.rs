//! No plan depends on statistics: a log that was restored a moment ago has none, and boots.
//!
//! Every statement is explained on a fresh restore, as a session of the store runs it. A walk along an index with
//! probes is the only plan; what sorts, hashes or gathers rows reads all of them for each page.

use std::fs;
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::domain::{Attributes, Change, Config, ConfigName, ConfigValue, Metadata};
use configapi::infrastructure::store::{Append, EventStore, Head, PostgresOptions, PostgresStore, seal};
use postgres::{Client, NoTls, SimpleQueryMessage};
use serde_json::Value;

use crate::store_contract::model::{fresh_id, instant_of};
use crate::support::eventually::eventually;
use crate::support::postgres::{client_program, fresh_database, migrated_database, psql};

const NAMES: usize = 100_000;
const CHANGE: usize = 10_000;

/// What is no walk.
const REFUSED: [&str; 12] = [
    "Seq Scan",
    "Bitmap Heap Scan",
    "Bitmap Index Scan",
    "Sort",
    "Incremental Sort",
    "Hash",
    "Hash Join",
    "Merge Join",
    "Materialize",
    "Memoize",
    "Gather",
    "Gather Merge",
];

/// Blocks of an index and of its table that a probe reads, for the three probes of a row at most.
const BLOCKS_A_ROW: u64 = 13;
/// What a statement reads whatever its rows: searches by halves take some twenty probes.
const BLOCKS_BESIDES: u64 = 150;

/// The statements with parameters that read far: in the midst of the log, or from its beginning.
const STATEMENTS: &[(&str, &str)] = &[
    ("changes_after.sql", "3, 2147483647, 1003, 2000, 4194304, 400"),
    ("changes_after.sql", "3, 5000, 1003, 2000, 300000, 400"),
    ("config_at.sql", "'app/team-5/service-77705', 9"),
    ("find_marked.sql", "ARRAY[NULL, 'id'], ARRAY['one', 'other'], 5"),
    ("hash_of.sql", "7"),
    ("head.sql", ""),
    ("head_and_change_ids.sql", "5, 6"),
    ("history_newest_first.sql", "'app/team-5/service-77705', 9223372036854775807, 10, 500, 1000000"),
    ("history_oldest_first.sql", "'app/team-5/service-77705', 0, 10, 500, 1000000"),
    ("identity.sql", ""),
    ("lock_head.sql", ""),
    ("revisions_at.sql", "'{1768471205000000}'"),
    ("revisions_at.sql", "'{1768471205000000,0,1768471203000001,1768471209000000,1868471205000000}'"),
    ("instant_of.sql", "7"),
    ("revision_of_version.sql", "'app/team-5/service-77705', 1, 10"),
    ("tree_page.sql", "10, '', '', NULL, 2000, 4194304"),
    ("tree_page.sql", "10, '', 'app/team-5/service-55505', NULL, 2000, 4194304"),
    ("tree_page.sql", "10, 'app/team-7/', '', 'app/team-70', 2000, 4194304"),
    (
        "configs_at.sql",
        "'{app/team-5/service-77705,app/team-7/service-7,never,app/team-9/service-99909}', 10, 4194304",
    ),
    ("names_between.sql", "3, 9, 1000"),
    ("names_between.sql", "9, 10, 1000"),
    ("adopt_log.sql", "'\\x00', '\\x00', '\\x00'"),
    (
        "append.sql",
        "10, '\\x00', 11, '\\x00', 0, 1, 1, '{11}', '{0}', '{a}', '{1}', '{0}', '{11}', '{1}', '{v}', '{NULL}', \
         '{\"\\\\x00\"}', 2, '{0}', '{\"\\\\x00\"}', '{\"\\\\x00\"}', '{a}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', \
         '{NULL}', '{NULL}', '{NULL}', '{NULL}'",
    ),
    ("data_keys.sql", "ARRAY['\\x0123456789abcdef0123456789abcdef'::bytea]"),
    ("data_keys_after.sql", "'\\x', 1000"),
    (
        "insert_data_keys.sql",
        "ARRAY['\\x0123456789abcdef0123456789abcdef'::bytea], ARRAY['\\x00'::bytea], ARRAY['\\x00'::bytea]",
    ),
    ("delete_data_keys.sql", "ARRAY['\\x0123456789abcdef0123456789abcdef'::bytea]"),
    ("rewrap_data_key.sql", "'\\x0123456789abcdef0123456789abcdef', '\\x00', '\\x01', '\\x01'"),
];

/// Statements of the schema, of sessions, of the catalogue and of data keys: they read nothing of the log.
const NOT_OF_THE_LOG: &[&str] = &[
    "create_log.sql",
    "create_schema_migrations.sql",
    "data_keys.sql",
    "data_keys_after.sql",
    "delete_data_keys.sql",
    "insert_data_keys.sql",
    "listen.sql",
    "lock_schema_1.sql",
    "grant_role.sql",
    "may_append.sql",
    "may_migrate.sql",
    "name_role.sql",
    "role.sql",
    "role_may_serve.sql",
    "lock_schema_2.sql",
    "migration_lock.sql",
    "migration_lock_timeout.sql",
    "migration_pause.sql",
    "oldest_users.sql",
    "record_migration.sql",
    "rewrap_data_key.sql",
    "schema_presence.sql",
    "schema_version.sql",
    "server_settings.sql",
    "standby_is_level.sql",
    "unlisten.sql",
];

/// Statements for a log of an older schema, with the fixture that has it.
const OLDER: &[(&str, &str)] = &[
    ("changes_after_schema_1.sql", "0.1.0"),
    ("changes_after_schema_2.sql", "schema-2"),
    // Of a table with one row and no index but its key.
    ("head_schema_2.sql", ""),
    ("identity_schema_2.sql", ""),
];

fn file(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A log of many names, of which PostgreSQL never learns anything.
fn fill(url: &str) {
    psql(url, "ALTER TABLE configapi.log SET (autovacuum_enabled = false)");
    let store = PostgresStore::open(PostgresOptions::new(url)).expect("the store opens");
    let mut head = store.head().unwrap();
    for first in (0..NAMES).step_by(CHANGE) {
        let event = |number: usize| {
            let name = ConfigName::parse(&format!("app/team-{}/service-{number}", number % 100)).unwrap();
            let value = ConfigValue::from_log(&format!("a value of {number}")).unwrap();
            Config::never().set(&name, value, Attributes::NONE)
        };
        let revision = head.revision.next();
        let change = Change {
            revision,
            instant: instant_of(revision),
            metadata: Metadata::of("ada"),
            idempotency: None,
            events: (first..first + CHANGE).map(event).collect(),
        };
        let sealed = [seal(head.hash, change, fresh_id())];
        assert_eq!(store.append(&head, &sealed).unwrap(), Append::Stored);
        head = Head::after(&head, &sealed[0]);
    }
}

/// By the commands of `docs/operations.md`.
fn restore(url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("configapi.sql");
    fs::write(&dump, client_program("pg_dump", url, &["--schema=configapi", "--no-owner"])).unwrap();
    restored_from(dump.to_str().unwrap())
}

fn restored_from(dump: &str) -> String {
    let url = fresh_database();
    let how = ["--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file", dump];
    client_program("psql", &url, &how);
    url
}

/// A session with the settings of one that reads.
fn reader(url: &str) -> Client {
    let mut config: postgres::Config = url.parse().unwrap();
    config.options(&PostgresStore::settings_of_readers(&PostgresOptions::new(url)));
    config.connect(NoTls).unwrap()
}

/// Explains a statement as it runs, and takes back what it did. Gives what is wrong with its plan.
fn faults_of(client: &mut Client, statement: &str, parameters: &str) -> Vec<String> {
    let sql = file(&format!("sql/postgres/{statement}"));
    let call = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
    let explain = format!(
        "BEGIN; PREPARE explained AS {sql};
         EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE explained{call}; DEALLOCATE explained; ROLLBACK"
    );
    let messages = client.simple_query(&explain).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let text = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let explained: Value = serde_json::from_str(text.expect("a plan")).unwrap();
    let plan = &explained[0]["Plan"];
    let mut faults = Vec::new();
    look_at(plan, &mut faults);
    let number = |key: &str| plan[key].as_u64().unwrap_or_default();
    let blocks = number("Shared Hit Blocks") + number("Shared Read Blocks");
    if blocks > BLOCKS_BESIDES + BLOCKS_A_ROW * number("Actual Rows") {
        faults.push(format!("reads {blocks} blocks for {} rows", number("Actual Rows")));
    }
    faults.iter().map(|fault| format!("{statement} ({parameters}): {fault}\n{explained:#}")).collect()
}

fn look_at(node: &Value, faults: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    if REFUSED.contains(&kind) {
        faults.push(format!("{kind} of {}", node["Relation Name"]));
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|inner| look_at(inner, faults));
}

/// Blocks of the log and its indexes that have been read in a database whose sessions have ended.
fn blocks_read(url: &str) -> u64 {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually(Duration::from_secs(20), || psql(url, others) == "0");
    let counted = "SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
                   FROM pg_statio_all_tables WHERE relid = 'configapi.log'::regclass";
    psql(url, counted).parse().unwrap()
}

#[test]
fn a_fresh_restore_is_read_by_walks_along_indexes_and_boots() {
    let original = migrated_database();
    fill(&original);
    let url = restore(&original);
    assert_eq!(
        psql(&url, "SELECT count(*) FROM pg_stats WHERE tablename = 'log'"),
        "0",
        "nobody analysed it"
    );
    let mut client = reader(&url);
    let faults: Vec<_> =
        STATEMENTS.iter().flat_map(|(statement, call)| faults_of(&mut client, statement, call)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    drop(client);

    let before = blocks_read(&url);
    let store = ConfigStore::open(&Options::postgres(&url)).expect("it boots");
    assert_eq!(store.loaded().head.names, NAMES as u64);
    drop(store);
    let blocks = blocks_read(&url) - before;
    assert!(blocks <= BLOCKS_A_ROW * NAMES as u64, "a boot reads {blocks} blocks");
}

#[test]
fn logs_of_older_schemas_are_read_by_walks_too() {
    for (statement, fixture) in OLDER.iter().filter(|(_, fixture)| !fixture.is_empty()) {
        let url = restored_from(&format!("{}/tests/fixtures/{fixture}/log.sql", env!("CARGO_MANIFEST_DIR")));
        let faults = faults_of(&mut reader(&url), statement, "0, 2147483647, 1000, 2000, 4194304, 400");
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn every_statement_has_its_plan_looked_at() {
    let looked_at = |name: &String| {
        let known = STATEMENTS.iter().chain(OLDER).map(|(statement, _)| statement).chain(NOT_OF_THE_LOG);
        known.into_iter().any(|statement| statement == name)
    };
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/postgres")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let unknown: Vec<_> = names.filter(|name| name.contains(".sql") && !looked_at(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
