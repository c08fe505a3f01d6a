//! Reads of now: one value and lists out of 10,000 names, alone and beside a busy writer.
//!
//! To reach: a get in 1 µs, better 0.2 µs; 8 readers lose under 10 % while one writer is busy. What a writer costs
//! readers is its lock and its share of the cores; on few cores the second drowns the first. So the readers
//! are measured three times: alone, while the same writer works on another tree (it takes the cores
//! and not the lock), and while it works on theirs. The loss is that of the third against the second. The
//! writer applies 64 changes each 2.5 ms, the rate of a busy log (25,600 a second); a writer that never waits,
//! which no durable log can be, is shown too.
//!
//! `cargo bench --bench projection` or `cargo bench --bench projection -- ratios`.

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

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use configapi::application::{ConfigStore, ListQuery, Options};
use configapi::domain::{
    Attributes, Change, Command, Config, ConfigName, ConfigValue, Metadata, Operation, Place, Prefix,
    Revision, Timestamp, Version,
};
use configapi::infrastructure::projection::{LiveNames, Projection};
use configapi::infrastructure::store::{Hash, SealedChange, seal};
use criterion::{Criterion, Throughput};
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use support::rounds::{Side, compare};
use support::{VALUE, calls_a_second, names, scattered};

const NAMES: usize = 10_000;
const READERS: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(700);
const BATCH: usize = 64;
/// Between two batches: with this the writer makes as many changes a second as a busy log.
const PACE: Duration = Duration::from_micros(2_500);

fn main() {
    let names = names(NAMES);
    if support::rounds::ratios_asked() {
        return beside_a_writer(&names);
    }
    let store = filled(&names);
    let mut criterion = Criterion::default().configure_from_args();
    bench_reads(&mut criterion, &store, &names);
    criterion.final_summary();
}

/// A store in memory that holds every name once.
fn filled(names: &[ConfigName]) -> ConfigStore {
    let store = ConfigStore::open(&Options::memory()).expect("a store in memory");
    let set =
        |name: &ConfigName| Operation::set(name.clone(), ConfigValue::parse(VALUE, 100).expect("a value"));
    let all = Command::transaction(names.iter().map(set).collect()).expect("each name once");
    store.write(configapi::application::Write::new(all, Metadata::of("bench"))).expect("one change");
    store
}

fn bench_reads(criterion: &mut Criterion, store: &ConfigStore, names: &[ConfigName]) {
    let mut group = criterion.benchmark_group("read");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    let mut step = 0;
    group.throughput(Throughput::Elements(1));
    group.bench_function("get, one of 10,000", |bencher| {
        bencher.iter(|| {
            step += 1;
            black_box(store.get(&names[scattered(step, NAMES)]))
        });
    });
    let page = ListQuery { limit: 100, ..ListQuery::default() };
    group.throughput(Throughput::Elements(100));
    group.bench_function("list, 100 under a prefix", |bencher| {
        let prefix = Prefix::parse("app/service-042/").expect("a prefix");
        let query = ListQuery { prefix, ..page.clone() };
        bencher.iter(|| black_box(store.list(&query)));
    });
    group.throughput(Throughput::Elements(NAMES as u64));
    group.bench_function("list, all 10,000", |bencher| {
        bencher.iter(|| black_box(store.list(&ListQuery::default())));
    });
    group.finish();
}

fn beside_a_writer(names: &[ConfigName]) {
    let (ours, other) = (tree(names), tree(names));
    let one = || calls_a_second(1, ROUND, |number| read(&ours, names, number));
    if let Some(medians) = compare("get, 1 reader", "gets/s", ROUNDS, &mut [Side::new("alone", one)]) {
        println!("    one get: {:.3} µs (at least 1, goal 0.2)", 1e6 / medians[0]);
    }
    for (pace, what) in [(Some(PACE), "at a busy log's pace"), (None, "that never waits")] {
        let readers = || calls_a_second(READERS, ROUND, |number| read(&ours, names, number));
        let beside = |tree: &Projection| {
            let _writer = Busy::start(tree.clone(), names, pace);
            calls_a_second(READERS, ROUND, |number| read(&ours, names, number))
        };
        let mut sides = [
            Side::new("a writer on their tree", || beside(&ours)),
            Side::new("a writer on another tree", || beside(&other)),
            Side::new("alone", readers),
        ];
        let title = format!("get, {READERS} readers, a writer {what}");
        if let Some(medians) = compare(&title, "gets/s", ROUNDS, &mut sides) {
            let lost = 100.0 * (1.0 - medians[0] / medians[1]);
            println!("    lost to the writer's lock: {lost:.1} % (under 10)");
        }
    }
}

fn read(tree: &Projection, names: &[ConfigName], number: u64) {
    black_box(tree.config(&names[scattered(number, NAMES)]));
}

fn tree(names: &[ConfigName]) -> Projection {
    let tree = Projection::new(LiveNames::default(), Place::START);
    let changes: Vec<SealedChange> = (0..NAMES as u64).map(|number| change(names, number)).collect();
    tree.apply(&changes);
    tree
}

/// The change that sets one of the names, as the log thread would have decided it.
fn change(names: &[ConfigName], number: u64) -> SealedChange {
    let value = ConfigValue::parse(VALUE, 100).expect("a value");
    let before = Config {
        version: Version::new(number / NAMES as u64),
        revision: Revision::new((number + 1).saturating_sub(NAMES as u64)),
        ..Config::never()
    };
    let event = before.set(&names[scattered(number, NAMES)], value, Attributes::NONE);
    let change = Change {
        revision: Revision::new(number + 1),
        instant: Timestamp::from_micros(i64::try_from(number).expect("a small number")),
        metadata: Metadata::of("bench"),
        idempotency: None,
        events: vec![event],
    };
    seal(Hash([0; 32]), change, [0; 16])
}

/// A thread that applies batches until it is dropped.
struct Busy {
    stop: Option<Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn start(tree: Projection, names: &[ConfigName], pace: Option<Duration>) -> Self {
        let (stop, stopped) = bounded::<()>(0);
        let batches: Vec<Vec<SealedChange>> = (0..200)
            .map(|batch| (0..BATCH as u64).map(|place| change(names, batch * BATCH as u64 + place)).collect())
            .collect();
        let batches = Arc::new(batches);
        let work = move || {
            let mut next = Instant::now();
            for batch in batches.iter().cycle() {
                tree.apply(batch);
                next += pace.unwrap_or_default();
                let pause = next.saturating_duration_since(Instant::now());
                if stopped.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(work).expect("a thread");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}
