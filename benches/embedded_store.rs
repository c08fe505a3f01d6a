//! The embedded store against a bare prototype, both in one run and in turns, so that the ratios hold on any
//! machine: appends by batches, and the rebuild of a million events.
//!
//! The prototype is what somebody would write in an afternoon: one table, one unique key, a head row, the same
//! durability; no digests, no chain, no triggers, no list of names. Run it alone:
//! `cargo bench --bench embedded_store`. Batches as numbers, for example `64 512`, measure only these.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench says what it measured and may give up"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use configapi::domain::{
    Attributes, Change, Config, ConfigName, ConfigValue, Metadata, Prefix, Revision, Timestamp,
};
use configapi::infrastructure::store::{
    Append, EventStore, Head, PageLimit, SealedChange, SqliteStore, TreePage, seal,
};
use rusqlite::{Connection, params};

/// Rebuilds of each kind, in turns; the median counts.
const ROUNDS: usize = 5;
/// How long the store appends for each size of batch; commits of both take turns, so that a disk that is busy
/// with something else is busy for both.
const APPENDING: Duration = Duration::from_secs(5);

fn main() {
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(".").unwrap();
    let batches: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let batches = if batches.is_empty() { vec![1, 64, 512] } else { batches };
    appends(folder.path(), &batches);
    for names in [10_000, 100_000] {
        rebuild(folder.path(), names);
    }
}

/// Writes changes of one event each, as the service does when clients put single values.
struct Writer {
    head: Head,
    states: Vec<Config>,
    random: u64,
}

impl Writer {
    fn new(head: Head, names: usize) -> Self {
        Self { head, states: vec![Config::never(); names], random: 42 }
    }

    fn batch(&mut self, size: usize) -> Vec<SealedChange> {
        (0..size).map(|_| self.change()).collect()
    }

    fn change(&mut self) -> SealedChange {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let index = usize::try_from(self.random % self.states.len() as u64).unwrap();
        let name = ConfigName::parse(&format!("app/service/{index:06}")).unwrap();
        let value = ConfigValue::from_log(&format!("value {:024}", self.random)).unwrap();
        let revision = self.head.revision.next();
        let event = self.states[index].set(&name, value, Attributes::NONE);
        let change = Change {
            revision,
            instant: Timestamp::from_micros(1_768_471_200_000_000 + revision.get().cast_signed()),
            metadata: Metadata::of("anonymous"),
            idempotency: None,
            events: vec![event],
        };
        let sealed = seal(self.head.hash, change, u128::from(self.random).to_be_bytes());
        self.states[index] = Config::apply(&sealed.change.events[0], &sealed.change, sealed.hash.short());
        self.head = self.head.after(&sealed);
        sealed
    }
}

struct Prototype {
    connection: Connection,
}

impl Prototype {
    fn create(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        let schema = "
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE head (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
            INSERT INTO head VALUES (1, 0);
            CREATE TABLE events (
                revision INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, kind INTEGER NOT NULL,
                value TEXT, instant_us INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT, UNIQUE (name, version)
            );";
        connection.execute_batch(schema).unwrap();
        Self { connection }
    }

    fn append(&mut self, batch: &[SealedChange]) {
        let transaction = self.connection.transaction().unwrap();
        {
            let last = batch.last().unwrap().change.revision.get().cast_signed();
            transaction.prepare_cached("UPDATE head SET revision = ?1").unwrap().execute([last]).unwrap();
            let mut insert = transaction
                .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                .unwrap();
            for SealedChange { change, .. } in batch {
                let event = &change.events[0];
                let row = params![
                    change.revision.get().cast_signed(),
                    event.name.as_str(),
                    event.version.get().cast_signed(),
                    1,
                    event.value().and_then(configapi::domain::Value::clear).map(ConfigValue::as_str),
                    change.instant.as_micros(),
                    change.metadata.actor,
                    None::<String>,
                ];
                insert.execute(row).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

fn appends(folder: &Path, batches: &[usize]) {
    let store = SqliteStore::open(&folder.join("appends.db")).unwrap();
    let mut writer = Writer::new(store.head().unwrap(), 10_000);
    let mut prototype = Prototype::create(&folder.join("prototype.db"));
    let mut bare = Writer::new(store.head().unwrap(), 10_000);
    for &size in batches {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        while ours.iter().sum::<f64>() < APPENDING.as_secs_f64() {
            let (before, batch) = (writer.head.clone(), writer.batch(size));
            ours.push(seconds(|| assert_eq!(store.append(&before, &batch).unwrap(), Append::Stored)));
            let batch = bare.batch(size);
            theirs.push(seconds(|| prototype.append(&batch)));
        }
        let events = f64::from(u32::try_from(size * ours.len()).unwrap());
        let (our_sum, their_sum) = (ours.iter().sum::<f64>(), theirs.iter().sum::<f64>());
        println!(
            "append, batch {size:4}: store {:8.0} events/s, prototype {:8.0}, ratio {:.2}; of median commits {:.2}",
            events / our_sum,
            events / their_sum,
            their_sum / our_sum,
            median(theirs) / median(ours)
        );
    }
}

fn rebuild(folder: &Path, names: usize) {
    const EVENTS: u64 = 1_000_000;
    let path = folder.join(format!("rebuild_{names}.db"));
    let store = SqliteStore::open(&path).unwrap();
    let mut writer = Writer::new(store.head().unwrap(), names);
    let begin = Instant::now();
    while writer.head.revision.get() < EVENTS {
        let before = writer.head.clone();
        let batch = writer.batch(5_000);
        store.append(&before, &batch).unwrap();
    }
    let filled = begin.elapsed();
    drop(store);
    println!(
        "{EVENTS} events of {names} names written in {filled:.1?}, {} MB",
        path.metadata().unwrap().len() >> 20
    );
    let store = SqliteStore::open(&path).unwrap();
    let (now, past) = (Revision::new(EVENTS), Revision::new(EVENTS / 2));
    let (mut of_now, mut of_past, mut scans) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        scans.push(seconds(|| full_scan(&path)));
        of_now.push(seconds(|| tree(&store, now)));
        of_past.push(seconds(|| tree(&store, past)));
    }
    let (of_now, of_past, scan) = (median(of_now), median(of_past), median(scans));
    println!(
        "rebuild, {names} names: now {of_now:.3} s, half-way {of_past:.3} s (ratio {:.2}), bare full scan {scan:.3} s",
        of_past / of_now
    );
    let read = seconds(|| {
        let mut after = Revision::ZERO;
        let limit = PageLimit { rows: 10_000, bytes: 8 << 20 };
        let mut count = 0;
        loop {
            let page = store.changes_after(after, limit).unwrap();
            let Some(last) = page.last() else { break };
            after = last.change.revision;
            count += page.len();
        }
        count
    });
    println!("every change read, {names} names: {read:.2} s");
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begin = Instant::now();
    let made = work();
    let spent = begin.elapsed().as_secs_f64();
    drop(made);
    spent
}

fn tree(store: &SqliteStore, at: Revision) -> BTreeMap<ConfigName, Config> {
    let prefix = Prefix::default();
    let limit = PageLimit { rows: 10_000, bytes: 8 << 20 };
    let mut tree: BTreeMap<ConfigName, Config> = BTreeMap::new();
    loop {
        let after = tree.last_key_value().map(|(name, _)| name);
        let page = store.tree_page(&TreePage { at, prefix: &prefix, after, limit }).unwrap();
        if page.is_empty() {
            return tree;
        }
        tree.extend(page);
    }
}

/// What a rebuild without the walk would do: read every event and keep the last.
fn full_scan(path: &Path) -> BTreeMap<String, (i64, Option<String>)> {
    let connection = Connection::open(path).unwrap();
    let mut statement =
        connection.prepare("SELECT name, revision, value FROM events ORDER BY name, revision").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
