//! Logs to rebuild from: written once by the service itself, kept under the build's folder, and used again.
//!
//! The log of a shape is an SQLite file. For PostgreSQL the same rows are copied into a database, since a cluster
//! lives only as long as a run.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use configapi::application::{Completion, ConfigStore, Options, Write};
use configapi::domain::{Command, ConfigValue, Metadata, Operation};
use crossbeam_channel::bounded;
use rusqlite::types::ValueRef;

use super::{VALUE, names, postgres, scattered};

/// How long a log is, and over how many names.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub events: u64,
    pub names: usize,
}

/// Writes that wait for the log thread while a log is made: less than its queue takes.
const UNDER_WAY_MAX: usize = 8_192;

/// Made anew when what it holds changes: another number, another file.
const EDITION: u32 = 1;

/// The log of a shape; made if it isn't there.
pub fn sqlite_log(shape: Shape) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("logs");
    fs::create_dir_all(&folder).expect("a folder below the build's");
    let path = folder.join(format!("{EDITION}-{}-{}.db", shape.events, shape.names));
    if !path.is_file() {
        println!("making a log of {} events over {} names, once", shape.events, shape.names);
        let unfinished = folder.join(format!("unfinished-{}.db", std::process::id()));
        fill(shape, &unfinished);
        fs::rename(&unfinished, &path).expect("the log gets its name when it is whole");
    }
    path
}

fn fill(shape: Shape, path: &Path) {
    let store = ConfigStore::open(&Options::file(path)).expect("a new log");
    let names = names(shape.names);
    let (done, waiting) = bounded(UNDER_WAY_MAX);
    let value = |number| ConfigValue::parse(&format!("{VALUE}{number:07}")[7..], 100).expect("a value");
    for number in 0..shape.events {
        if number >= UNDER_WAY_MAX as u64 {
            waiting.recv().expect("an answer");
        }
        let operation = Operation::set(names[scattered(number, shape.names)].clone(), value(number));
        let done = done.clone();
        let answer = move |written: Result<_, _>| {
            written.expect("a durable write");
            done.send(()).expect("somebody waits");
        };
        let write = Write::new(Command::Single(operation), Metadata::of("bench"));
        store.submit(write, Completion::calling(answer));
    }
    let last = shape.events.min(UNDER_WAY_MAX as u64);
    (0..last).for_each(|_| waiting.recv().expect("an answer"));
}

/// The columns of PostgreSQL's one table, from the embedded store's two.
const COLUMNS: &str = "revision, ordinal, version, follows, created, kind, format, name, value, attributes, digest, \
                       change_id, instant_us, actor, hash";
const SELECT: &str = "
SELECT e.revision, e.ordinal, e.version, lag(e.revision, 1, 0) OVER (PARTITION BY e.name ORDER BY e.revision),
       e.created, e.kind, e.format, e.name, e.value, e.attributes, e.digest, c.change_id, c.instant_us, c.actor, c.hash
FROM events AS e
LEFT JOIN changes AS c ON c.revision = e.revision AND e.ordinal = 0
ORDER BY e.revision, e.ordinal";

/// Copies a log into an empty database that the service has migrated, and leaves it vacuumed and analysed.
pub fn copy_to_postgres(log: &Path, url: &str) {
    drop(ConfigStore::open(&Options::postgres(url)).expect("a migrated database"));
    let file = rusqlite::Connection::open(log).expect("the log");
    let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).expect("a connection");
    let mut select = file.prepare(SELECT).expect("a statement");
    let columns = select.column_count();
    let mut rows = select.query([]).expect("rows");
    let mut into = client.copy_in(&format!("COPY configapi.log ({COLUMNS}) FROM STDIN")).expect("a copy");
    let mut line = String::new();
    while let Some(row) = rows.next().expect("a row") {
        line.clear();
        for place in 0..columns {
            line.push_str(if place == 0 { "" } else { "\t" });
            push_field(&mut line, row.get_ref(place).expect("a field"));
        }
        line.push('\n');
        into.write_all(line.as_bytes()).expect("a row sent");
    }
    into.finish().expect("the copy's end");
    let head = file.query_row(
        "SELECT revision, hex(hash), instant_us, names, events, hex(log_id) FROM log_head",
        [],
        |row| {
            let number = |place| row.get::<_, i64>(place);
            let (hash, log): (String, String) = (row.get(1)?, row.get(5)?);
            Ok(format!(
                "UPDATE configapi.head SET revision = {}, hash = '\\x{hash}', instant_us = {}, \
                 names = {}, events = {}, log_id = '\\x{log}'",
                number(0)?,
                number(2)?,
                number(3)?,
                number(4)?
            ))
        },
    );
    postgres::psql(url, &head.expect("the head"));
    postgres::psql(url, "VACUUM (ANALYZE, FREEZE) configapi.log");
}

/// A field as `COPY` reads it. No text here holds a backslash, a tab or an end of line.
fn push_field(line: &mut String, field: ValueRef<'_>) {
    match field {
        ValueRef::Null => line.push_str("\\N"),
        ValueRef::Integer(number) => line.push_str(&number.to_string()),
        ValueRef::Text(text) => line.push_str(std::str::from_utf8(text).expect("UTF-8")),
        ValueRef::Blob(bytes) => {
            line.push_str("\\\\x");
            for byte in bytes {
                let _never_fails = write!(line, "{byte:02x}");
            }
        }
        ValueRef::Real(_) => panic!("no column is a fraction"),
    }
}
