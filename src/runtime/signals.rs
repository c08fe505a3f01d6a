//! SIGTERM and SIGINT of a server: the first asks to stop, the second ends the process at once. SIGHUP asks to open files again.
//! SIGXFSZ is taken and means nothing: the write that passed the limit on a file's size then fails with an error.
//! A command that asks or pages treats SIGINT by itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::Builder;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::iterator::Signals;

use super::stop::{Stop, Stopper};

/// The exit status of a process that a second signal ended: not a clean stop.
const FORCED_STATUS: i32 = 1;

/// The signals that the process was sent.
pub struct Signalled {
    /// Given by the first SIGTERM or SIGINT.
    pub stop: Stop,
    /// Set by each SIGHUP; the thread that acts on it takes it back.
    pub hangup: Arc<AtomicBool>,
}

/// Watches the signals from now on.
pub fn watch() -> io::Result<Signalled> {
    let mut stopper = Stopper::new();
    let stop = stopper.watch();
    // Order matters: the shutdown looks at the flag before the flag is armed by the same signal.
    let armed = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        register_conditional_shutdown(signal, FORCED_STATUS, Arc::clone(&armed))?;
    }
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&armed))?;
    }
    let hangup = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGHUP, Arc::clone(&hangup))?;
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            stopper.stop();
        }
        // Kept open: a closed iterator would hand later signals back to their default.
        signals.forever().for_each(drop);
    })?;
    Ok(Signalled { stop, hangup })
}

/// From now on SIGINT ends the process at once, with this status. For a command at a question, which has done nothing yet.
pub fn end_at_interrupt(status: u8) -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    register_conditional_shutdown(SIGINT, status.into(), always).map(drop)
}

/// From now on SIGINT sets a flag and ends nothing.
pub fn note_interrupts() -> io::Result<Arc<AtomicBool>> {
    let noted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&noted))?;
    Ok(noted)
}
