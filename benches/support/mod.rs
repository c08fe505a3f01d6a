//! What the benches share: a PostgreSQL of their own, callers in a closed loop, rounds side by side, logs to
//! rebuild from.
//!
//! Each bench is run in two ways. `cargo bench --bench NAME` is criterion: each figure by itself, kept and
//! compared with the run before. `cargo bench --bench NAME -- ratios` is what the ratios to reach are judged by:
//! ours and its baseline in turns, round by round, medians, so that a machine that is busy slows both. Further words
//! choose: `-- ratios postgres 64`.

#[path = "../../tests/it/support/eventually.rs"]
pub mod eventually;
pub mod fixture;
// Its own tests are run with the tests; here their imports are of no use.
#[allow(unused_imports, reason = "each bench uses its own part of what the tests share")]
#[path = "../../tests/it/support/postgres/mod.rs"]
pub mod postgres;
pub mod rounds;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use configapi::domain::ConfigName;
pub use eventually::eventually;

/// A value of the length that all figures are given for: 30 bytes.
pub const VALUE: &str = "postgresql://db.internal/app-1";

/// A name of the length and the shape that configuration has.
pub fn name_text(number: usize) -> String {
    format!("app/service-{:03}/setting-{number:06}", number % 100)
}

pub fn names(count: usize) -> Vec<ConfigName> {
    (0..count).map(|number| ConfigName::parse(&name_text(number)).expect("a name")).collect()
}

/// The place in a walk that visits all of `count` places, and never neighbours.
pub fn scattered(step: u64, count: usize) -> usize {
    // A prime that divides none of the counts in use.
    usize::try_from(step.wrapping_mul(7_919) % count as u64).expect("less than a count")
}

/// How long `calls` calls take when each of the callers waits for one before it makes the next.
pub fn closed_loop(callers: usize, calls: u64, call: impl Fn(u64) + Sync) -> Duration {
    let made = AtomicU64::new(0);
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                while let Some(number) = Some(made.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < calls) {
                    call(number);
                }
            });
        }
    });
    begin.elapsed()
}

/// Calls a second of callers in a closed loop, over a time.
pub fn calls_a_second(callers: usize, time: Duration, call: impl Fn(u64) + Sync) -> f64 {
    let (made, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let begin = Instant::now();
    thread::scope(|scope| {
        for caller in 0..callers as u64 {
            let (made, over, call) = (&made, &over, &call);
            scope.spawn(move || {
                let mut own = 0;
                while !over.load(Ordering::Relaxed) {
                    call(caller + own * callers as u64);
                    own += 1;
                }
                made.fetch_add(own, Ordering::Relaxed);
            });
        }
        wait(time);
        over.store(true, Ordering::Relaxed);
    });
    #[expect(clippy::cast_precision_loss, reason = "a count of calls is far below 2^52")]
    let made = made.into_inner() as f64;
    made / begin.elapsed().as_secs_f64()
}

/// Lets a time pass.
#[expect(clippy::disallowed_methods, reason = "a measurement lasts as long as it lasts")]
pub fn wait(time: Duration) {
    thread::sleep(time);
}

/// A cluster as a production server is set up, with room, so that no checkpoint falls into a round.
pub fn cluster() -> postgres::Cluster {
    let settings = [("shared_buffers", "512MB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "30min")];
    let settings = settings.map(|(name, value)| (name, value.to_owned())).to_vec();
    postgres::Cluster::start_with(postgres::Options { settings, ..postgres::Options::default() })
}
