//! The tree from the log: of now at a start, and of a past instant.
//!
//! 100,000 events over 10,000 names, a million over 10,000 and over 100,000, on both stores. Beside the store's own
//! way, in the same run and on the same rows, bare queries into a map of plain texts, without digests checked and
//! without domain types: on PostgreSQL the newest event of each name by a recursive skip scan, and by `DISTINCT
//! ON`; embedded, one `GROUP BY` over all. To reach: 0.35 s and 1.6 s for a million on PostgreSQL, no slower
//! embedded, memory at most twice the tree; the tree at a past instant at most twice the skip scan of now. A page of the
//! past at most twenty times a page of now, and the differences of two neighbours within 50 ms, whatever the tree.
//!
//! The logs are made once (some minutes) and kept under the build's folder.
//!
//! `cargo bench --bench rebuild` or `cargo bench --bench rebuild -- ratios`.

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

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::postgres::fallible_iterator::FallibleIterator as _;
use configapi::application::{ConfigStore, ListQuery, Options, PageLimit, View};
use configapi::domain::{Point, Prefix, Principal, Revision};
use criterion::{BenchmarkId, Criterion};

use support::fixture::{Shape, copy_to_postgres, sqlite_log};
use support::rounds::{Side, compare};

const SHAPES: [Shape; 3] = [
    Shape { events: 100_000, names: 10_000 },
    Shape { events: 1_000_000, names: 10_000 },
    Shape { events: 1_000_000, names: 100_000 },
];
const ROUNDS: usize = 5;

const SKIP_SCAN: &str = "
WITH RECURSIVE walk AS (
    (SELECT name FROM configapi.log ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT event.name FROM configapi.log AS event WHERE event.name > walk.name
            ORDER BY event.name LIMIT 1)
    FROM walk WHERE walk.name IS NOT NULL
)
SELECT newest.name, newest.revision, newest.value
FROM walk CROSS JOIN LATERAL (
    SELECT name, revision, value FROM configapi.log AS event
    WHERE event.name = walk.name ORDER BY follows DESC LIMIT 1
) AS newest
WHERE walk.name IS NOT NULL";

const DISTINCT_ON: &str = "
SELECT DISTINCT ON (name) name, revision, value FROM configapi.log ORDER BY name, follows DESC";

const GROUP_BY: &str = "SELECT name, max(revision), value FROM events GROUP BY name";

/// What the bare queries fill.
type Bare = BTreeMap<Box<str>, (i64, Option<Box<str>>)>;

fn main() {
    let cluster = support::cluster();
    let logs: Vec<Log> = SHAPES
        .iter()
        .map(|&shape| {
            let (file, url) = (sqlite_log(shape), cluster.create_database());
            copy_to_postgres(&file, &url);
            Log { shape, file, url }
        })
        .collect();
    cluster.psql("CHECKPOINT");
    if support::rounds::ratios_asked() {
        return logs.iter().for_each(Log::compare);
    }
    let mut criterion = Criterion::default().configure_from_args();
    for log in &logs {
        log.bench(&mut criterion);
    }
    criterion.final_summary();
}

/// One log on both stores.
struct Log {
    shape: Shape,
    file: PathBuf,
    url: String,
}

impl Log {
    fn title(&self) -> String {
        format!("{} events, {} names", self.shape.events, self.shape.names)
    }

    fn stores(&self) -> [(&'static str, Options); 2] {
        [("postgres", Options::postgres(&self.url)), ("sqlite", Options::file(&self.file))]
    }

    fn bench(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group("rebuild");
        group.sample_size(10).warm_up_time(Duration::from_millis(100));
        group.measurement_time(Duration::from_secs(4));
        for (store, options) in self.stores() {
            group.bench_function(BenchmarkId::new(store, self.title()), |bencher| {
                bencher.iter_custom(|times| (0..times).map(|_| rebuilt_in(&options)).sum());
            });
        }
        group.bench_function(BenchmarkId::new("bare skip scan", self.title()), |bencher| {
            bencher.iter(|| bare_postgres(&self.url, SKIP_SCAN));
        });
        group.finish();
    }

    fn compare(&self) {
        let seconds = |took: Duration| took.as_secs_f64();
        let [(_, postgres), (_, sqlite)] = self.stores();
        let ours = || seconds(rebuilt_in(&postgres));
        let mut sides = [
            Side::new("configapi", ours),
            Side::new("bare skip scan", || seconds(bare_postgres(&self.url, SKIP_SCAN))),
            Side::new("bare DISTINCT ON", || seconds(bare_postgres(&self.url, DISTINCT_ON))),
        ];
        compare(&format!("rebuild, postgres, {}", self.title()), "s", ROUNDS, &mut sides);
        let mut sides = [
            Side::new("configapi", || seconds(rebuilt_in(&sqlite))),
            Side::new("bare GROUP BY", || seconds(self.bare_sqlite())),
        ];
        compare(&format!("rebuild, sqlite, {}", self.title()), "s", ROUNDS, &mut sides);
        self.compare_past();
        self.compare_pages();
    }

    /// The tree as it was half way, named by its instant, beside the trees of now.
    fn compare_past(&self) {
        for (label, options) in self.stores() {
            let store = ConfigStore::open(&options).expect("the store opens");
            let half = Revision::new(self.shape.events / 2);
            let one = PageLimit { rows: 1, bytes: usize::MAX };
            let middle = store.changes_after(half, one).expect("a change");
            let instant = middle[0].change.instant;
            let tree = |point: Point| {
                let begin = Instant::now();
                let at = store.resolve(point).expect("a point of this log");
                let listing = store.list_at(&ListQuery::default(), at).expect("a tree");
                assert_eq!(listing.found.items.len(), self.shape.names, "every name was there half way");
                black_box(listing);
                begin.elapsed().as_secs_f64()
            };
            let bare =
                || if label == "postgres" { bare_postgres(&self.url, SKIP_SCAN) } else { self.bare_sqlite() };
            let mut sides = [
                Side::new("past", || tree(Point::Instant(instant))),
                Side::new("bare, of now", || bare().as_secs_f64()),
                Side::new("now, from the store", || tree(Point::Revision(store.applied()))),
            ];
            compare(&format!("tree at an instant, {label}, {}", self.title()), "s", ROUNDS, &mut sides);
        }
    }

    /// A page of 1,000 names in the middle of the tree as it was half way, and the differences of two neighbours there,
    /// beside a page of now, which is in memory.
    fn compare_pages(&self) {
        for (label, options) in self.stores() {
            let store = ConfigStore::open(&options).expect("the store opens");
            let everybody = Arc::new(Principal::everybody());
            let view = View::new(&store, &everybody);
            let half = Revision::new(self.shape.events / 2);
            let all = store.list(&ListQuery::default()).found.items;
            let middle = all[all.len() / 2].0.clone();
            let place = |revision| view.place(Point::Revision(revision)).expect("a place of this log");
            let seconds = |work: &dyn Fn() -> usize, expected: usize| {
                let begin = Instant::now();
                assert_eq!(black_box(work()), expected);
                begin.elapsed().as_secs_f64()
            };
            let limit = PageLimit { rows: 1_000, bytes: 8 << 20 };
            let past = || {
                let mut walk = view.walk(place(half), Prefix::default(), Some(middle.clone()));
                view.names(&mut walk, limit).expect("a page").len()
            };
            let now = || {
                let query =
                    ListQuery { after: Some(middle.clone()), limit: limit.rows, ..ListQuery::default() };
                view.list(&query).unwrap().found.items.len()
            };
            let differences = || {
                let (from, to) = (place(half.previous()), place(half));
                let mut walk = view.begin_diff(&Prefix::default(), from, to).expect("two places");
                let mut found = 0;
                while !walk.has_ended() {
                    found += view.differences(&mut walk, limit).expect("differences").len();
                }
                found
            };
            let mut sides = [
                Side::new("page of the past", || seconds(&past, 1_000)),
                Side::new("page of now", || seconds(&now, 1_000)),
                Side::new("differences of neighbours", || seconds(&differences, 1)),
            ];
            compare(&format!("pages, {label}, {}", self.title()), "s", ROUNDS, &mut sides);
        }
    }

    fn bare_sqlite(&self) -> Duration {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let file = rusqlite::Connection::open_with_flags(&self.file, flags).expect("the log");
        let begin = Instant::now();
        let mut select = file.prepare(GROUP_BY).expect("a statement");
        let mut rows = select.query([]).expect("rows");
        let mut tree = Bare::new();
        while let Some(row) = rows.next().expect("a row") {
            let value: Option<String> = row.get(2).expect("a text");
            let name: String = row.get(0).expect("a text");
            tree.insert(name.into(), (row.get(1).expect("a number"), value.map(Into::into)));
        }
        assert_eq!(tree.len(), self.shape.names, "every name is there");
        let took = begin.elapsed();
        drop(black_box(tree));
        took
    }
}

/// How long the rebuild itself takes, without opening and closing what is around it.
fn rebuilt_in(options: &Options) -> Duration {
    ConfigStore::open(options).expect("the store opens").loaded().took
}

fn bare_postgres(url: &str, query: &str) -> Duration {
    let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).expect("a connection");
    let begin = Instant::now();
    let mut rows = client.query_raw(query, std::iter::empty::<i64>()).expect("rows");
    let mut tree = Bare::new();
    while let Some(row) = rows.next().expect("a row") {
        let value: Option<&str> = row.get(2);
        tree.insert(row.get::<_, &str>(0).into(), (row.get(1), value.map(Into::into)));
    }
    let took = begin.elapsed();
    drop(black_box(tree));
    took
}
