//! Writes through the log thread, in the process: 1, 8 and 64 callers, each waiting for one write before the next.
//!
//! Beside it, in the same run, the barest thing that could do the job: one writer thread that commits what has
//! piled up into one plain table with a primary key, without a chain, digests, checks, a projection or an audit.
//! On PostgreSQL one `INSERT … SELECT … FROM unnest(…)` a commit, on SQLite a transaction of single inserts, WAL
//! and `synchronous=FULL`; fsync on for both. To reach with 64 callers: 0.85 × the bare one, better 1.5 ×.
//!
//! `cargo bench --bench log_thread` or `cargo bench --bench log_thread -- ratios`.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a bench prints, and its way to fail is to panic; each one uses its own part of the support"
)]

mod support;

use std::thread::JoinHandle;
use std::time::Duration;

use configapi::application::{ConfigStore, Options};
use configapi::domain::{ConfigName, Metadata};
use criterion::{BenchmarkId, Criterion, Throughput};
use crossbeam_channel::{Receiver, Sender, bounded};

use support::rounds::{Side, compare};
use support::{VALUE, calls_a_second, closed_loop, names, postgres, scattered};

const CALLERS: [usize; 3] = [1, 8, 64];
const NAMES: usize = 10_000;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(800);
/// As many as the log thread takes at most.
const BATCH_MAX: usize = 1_024;

fn main() {
    let cluster = support::cluster();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pairs = [
        Pair::new(
            "postgres",
            &Options::postgres(&cluster.create_database()),
            bare_postgres(&cluster.create_database()),
        ),
        Pair::new(
            "sqlite",
            &Options::file(folder.path().join("log.db")),
            bare_sqlite(&folder.path().join("bare.db")),
        ),
    ];
    if support::rounds::ratios_asked() {
        return pairs.iter().for_each(Pair::compare);
    }
    let mut criterion = Criterion::default().configure_from_args();
    for pair in &pairs {
        pair.bench(&mut criterion);
    }
    criterion.final_summary();
}

/// The service's store and its baseline, on the same kind of database.
struct Pair {
    title: &'static str,
    store: ConfigStore,
    names: Vec<ConfigName>,
    bare: Bare,
}

impl Pair {
    fn new(title: &'static str, options: &Options, bare: Bare) -> Self {
        let store = ConfigStore::open(options).expect("the store opens");
        let pair = Self { title, store, names: names(NAMES), bare };
        // Every name has a first version on both sides before anything is measured.
        closed_loop(64, NAMES as u64, |number| pair.put(number));
        closed_loop(64, NAMES as u64, |number| pair.put_bare(number));
        pair
    }

    fn put(&self, number: u64) {
        let name = &self.names[scattered(number, NAMES)];
        self.store.put(name, VALUE, Metadata::of("bench")).expect("a durable write");
    }

    fn put_bare(&self, number: u64) {
        self.bare.put(self.names[scattered(number, NAMES)].as_str(), VALUE);
    }

    fn bench(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(format!("append/{}", self.title));
        group.throughput(Throughput::Elements(1)).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(4));
        for callers in CALLERS {
            group.bench_function(BenchmarkId::new("configapi", callers), |bencher| {
                bencher.iter_custom(|calls| closed_loop(callers, calls, |number| self.put(number)));
            });
            group.bench_function(BenchmarkId::new("bare", callers), |bencher| {
                bencher.iter_custom(|calls| closed_loop(callers, calls, |number| self.put_bare(number)));
            });
        }
        group.finish();
    }

    fn compare(&self) {
        for callers in CALLERS {
            let ours = || calls_a_second(callers, ROUND, |number| self.put(number));
            let bare = || calls_a_second(callers, ROUND, |number| self.put_bare(number));
            let title = format!("append, {}, {callers} callers", self.title);
            compare(&title, "writes/s", ROUNDS, &mut [Side::new("configapi", ours), Side::new("bare", bare)]);
        }
    }
}

/// A row of the baseline, and where its caller waits.
struct Row {
    name: String,
    value: String,
    done: Sender<()>,
}

/// One writer thread that commits what has piled up.
struct Bare {
    queue: Option<Sender<Row>>,
    writer: Option<JoinHandle<()>>,
}

impl Bare {
    /// `commit` makes rows durable; their numbers begin at the one given.
    fn start(mut commit: impl FnMut(i64, &[Row]) + Send + 'static) -> Self {
        let (queue, rows): (Sender<Row>, Receiver<Row>) = bounded(16_384);
        let work = move || {
            let mut first = 1_i64;
            while let Ok(row) = rows.recv() {
                let batch: Vec<Row> =
                    std::iter::once(row).chain(rows.try_iter().take(BATCH_MAX - 1)).collect();
                commit(first, &batch);
                first = first.saturating_add_unsigned(batch.len() as u64);
                // A caller that is gone was at the end of a round.
                for row in &batch {
                    let _nobody_waits = row.done.send(());
                }
            }
        };
        let writer =
            std::thread::Builder::new().name("bare writer".to_owned()).spawn(work).expect("a thread");
        Self { queue: Some(queue), writer: Some(writer) }
    }

    fn put(&self, name: &str, value: &str) {
        let (done, wait) = bounded(1);
        let row = Row { name: name.to_owned(), value: value.to_owned(), done };
        self.queue.as_ref().expect("open until it is dropped").send(row).expect("the writer runs");
        wait.recv().expect("the writer answers");
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.queue = None;
        self.writer.take().map(JoinHandle::join);
    }
}

fn bare_postgres(url: &str) -> Bare {
    postgres::psql(url, "CREATE TABLE bare (revision bigint PRIMARY KEY, name text, value text)");
    let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).expect("a connection");
    let insert = "INSERT INTO bare (revision, name, value) \
                  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";
    let insert = client.prepare(insert).expect("a statement");
    Bare::start(move |first, rows| {
        let revisions: Vec<i64> = (first..).take(rows.len()).collect();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let values: Vec<&str> = rows.iter().map(|row| row.value.as_str()).collect();
        client.execute(&insert, &[&revisions, &names, &values]).expect("a commit");
    })
}

fn bare_sqlite(path: &std::path::Path) -> Bare {
    let mut connection = rusqlite::Connection::open(path).expect("a file");
    for (setting, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("wal_autocheckpoint", "4096")]
    {
        connection.pragma_update(None, setting, value).expect("a setting");
    }
    connection
        .execute_batch("CREATE TABLE bare (revision INTEGER PRIMARY KEY, name TEXT, value TEXT)")
        .expect("a table");
    Bare::start(move |first, rows| {
        let transaction = connection.transaction().expect("a transaction");
        {
            let insert = "INSERT INTO bare (revision, name, value) VALUES (?1, ?2, ?3)";
            let mut insert = transaction.prepare_cached(insert).expect("a statement");
            for (revision, row) in (first..).zip(rows) {
                insert.execute((revision, &row.name, &row.value)).expect("a row");
            }
        }
        transaction.commit().expect("a commit");
    })
}
