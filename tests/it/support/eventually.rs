//! Waiting for what another thread or process will do, the seed of what is random, and how long a run may be.
//!
//! This is the one place of the tests that sleeps, between two looks and for milliseconds. A test never
//! sleeps "long enough": it says what it waits for and how long at most.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// What a probe may answer: `bool`, `Option<T>` or `Result<T, E>`.
pub trait Outcome {
    type Value;
    /// # Errors
    /// What is still missing, for the report.
    fn settle(self) -> Result<Self::Value, String>;
}

impl Outcome for bool {
    type Value = ();
    fn settle(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;
    fn settle(self) -> Result<T, String> {
        self.ok_or_else(|| "None".to_owned())
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    type Value = T;
    fn settle(self) -> Result<T, String> {
        self.map_err(|error| format!("{error:?}"))
    }
}

/// Looks until the probe has an answer, and gives it; panics with the last failure at the deadline.
///
/// The probe runs at least twice, so that a deadline that passed while the machine was busy is no failure.
#[track_caller]
pub fn eventually<O: Outcome>(deadline: Duration, probe: impl FnMut() -> O) -> O::Value {
    match within(deadline, probe) {
        Ok(value) => value,
        Err(last) => panic!("not so within {deadline:?}; the last look gave: {last}"),
    }
}

/// As [`eventually`], for callers with a better report than a panic here.
///
/// # Errors
/// The last failure, when the deadline has passed.
pub fn within<O: Outcome>(deadline: Duration, mut probe: impl FnMut() -> O) -> Result<O::Value, String> {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let late = begin.elapsed() >= deadline;
        match probe().settle() {
            Ok(value) => return Ok(value),
            Err(last) if late => return Err(last),
            Err(_) => rest(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that sleeps: between two looks at another process"
)]
pub(super) fn rest(pause: Duration) {
    std::thread::sleep(pause);
}

/// The seed of a test that makes things up: a new one each time, or that of `CONFIGAPI_TEST_SEED`.
///
/// It is printed, and shown by the runner when the test fails; with it the same things are made up again.
pub fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the service")]
    let given = std::env::var("CONFIGAPI_TEST_SEED").ok();
    let seed = match given {
        Some(text) => text.parse().expect("CONFIGAPI_TEST_SEED is a whole number"),
        None => fresh_number(),
    };
    eprintln!("CONFIGAPI_TEST_SEED={seed}");
    seed
}

/// Whether the long forms of the tests are asked for: `./tests/run --long`.
pub fn long_run() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the service")]
    let asked = std::env::var("CONFIGAPI_TEST_LONG");
    asked.is_ok()
}

/// A number that differs from call to call and from process to process.
pub(super) fn fresh_number() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[test]
fn an_answer_that_comes_late_is_waited_for() {
    let mut looks = 0;
    let answer = eventually(Duration::from_secs(5), || {
        looks += 1;
        (looks == 4).then_some("here")
    });
    assert_eq!((answer, looks), ("here", 4));
}

#[test]
fn an_answer_that_never_comes_ends_at_the_deadline_with_the_last_failure() {
    let outcome = within(Duration::from_millis(20), || Err::<(), _>("still closed"));
    assert_eq!(outcome, Err("\"still closed\"".to_owned()));
}
