//! Two small threads: one wakes the log thread when another server has written, one checks now and then whether the
//! database answers.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use slog::{Logger, info, warn};

use crate::application::error::Error;
use crate::application::health::Vital;
use crate::infrastructure::store::{EventStore, HeadWatch, StoreError, Wake};
use crate::runtime::stop::Stop;

/// How long the watch waits before it looks whether to stop.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// The first pause after a broken watch; it doubles.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause: polling covers it.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Wakes the log thread. A broken watch is made again with a growing pause; the log thread polls meanwhile.
pub(in crate::application) fn watch(store: &dyn EventStore, wake: &Sender<()>, stop: &Stop, logger: &Logger) {
    let mut pause = PAUSE_FIRST;
    while let Some(mut watch) = store.watch() {
        let error = match watch_until_broken(watch.as_mut(), wake, stop, || pause = PAUSE_FIRST) {
            Ok(()) => return,
            Err(error) => error,
        };
        warn!(logger, "the watch for other servers' writes is broken, polling until it is back";
            "error" => %error, "pause_s" => pause.as_secs());
        if stop.wait(pause) {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

fn watch_until_broken(
    watch: &mut dyn HeadWatch,
    wake: &Sender<()>,
    stop: &Stop,
    mut registered: impl FnMut(),
) -> Result<(), StoreError> {
    // The first wait registers; what was written before it is the log thread's to read.
    watch.wait(WAIT_MAX)?;
    registered();
    let _ = wake.try_send(());
    while !stop.is_stopping() {
        if watch.wait(WAIT_MAX)? == Wake::Appended {
            // Full: it is being woken already.
            let _ = wake.try_send(());
        }
    }
    Ok(())
}

/// Notes whether the database answers, and whether its clock can be right.
pub(in crate::application) fn probe(
    store: &dyn EventStore,
    vital: &Arc<Vital>,
    interval: Duration,
    stop: &Stop,
    logger: &Logger,
) {
    let (mut answers, mut doubted) = (true, false);
    loop {
        let result = store.probe();
        if result.is_ok() != answers {
            answers = result.is_ok();
            match &result {
                Ok(()) => info!(logger, "the database answers again"),
                Err(error) => warn!(logger, "the database does not answer"; "error" => %error),
            }
        }
        let clock = store.clock();
        let doubt = (!clock.is_plausible()).then(|| Error::Clock(clock).to_string());
        if doubt.is_some() != doubted {
            doubted = doubt.is_some();
            match &doubt {
                None => info!(logger, "the clock can be right again"),
                Some(doubt) => warn!(logger, "no change is stored by a wrong clock"; "error" => doubt),
            }
        }
        vital.doubts_clock(doubt);
        vital.probed(result.map_err(|error| error.to_string()));
        if stop.wait(interval) {
            return;
        }
    }
}
