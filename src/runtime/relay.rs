//! Signals of a process that runs another one: each comes out of a channel, so that it can be forwarded.
//!
//! Called by the client's `child`. Signals that report a fault of the process itself keep their default, and so do
//! SIGKILL and SIGSTOP, which no process can catch, and the stops of a background process that uses its terminal. A
//! signal that was ignored at the start stays ignored, here and in every child: `nohup` and background jobs of a shell
//! count on that. Real-time signals keep their default too, because no safe call sends one.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::thread::Builder;

use crossbeam_channel::{Receiver, bounded};
use rustix::process::Signal;
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::low_level::{emulate_default_handler, signal_name};

/// Signals that wait for the thread that acts on them.
const QUEUE_SIGNALS_MAX: usize = 64;

/// The signals that are forwarded.
const FORWARDED: [Signal; 18] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
    Signal::PIPE,
    Signal::ALARM,
    Signal::TERM,
    Signal::CONT,
    Signal::TSTP,
    Signal::URG,
    Signal::XCPU,
    Signal::XFSZ,
    Signal::VTALARM,
    Signal::PROF,
    Signal::WINCH,
    Signal::IO,
    Signal::POWER,
];

/// A signal that the process received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A child has ended, stopped or gone on.
    Child,
    /// Any other signal.
    Signal(Signal, Sender),
}

/// The sender of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A process, which meant this process alone as far as is known.
    Process,
    /// The system. A key of the terminal, its new size or its end reach every process of the foreground group.
    System,
}

/// Catches the signals from now on, as long as the process lives.
///
/// # Errors
/// The system has no thread or no file descriptor left.
pub fn catch() -> io::Result<Receiver<Received>> {
    let ignored = ignored(&fs::read_to_string("/proc/self/status").unwrap_or_default());
    let numbers = FORWARDED.iter().map(|signal| signal.as_raw());
    // Rust itself ignores SIGPIPE, and has each child get its default back.
    let caught = numbers.filter(|number| !ignored.contains(number) || *number == Signal::PIPE.as_raw());
    let mut signals = SignalsInfo::<WithOrigin>::new(caught.chain([SIGCHLD]))?;
    let (sender, receiver) = bounded(QUEUE_SIGNALS_MAX);
    Builder::new().name("signals".into()).spawn(move || {
        for origin in signals.forever() {
            // A receiver that has gone leaves the signals caught: the process is about to end.
            let _ = received(&origin).map(|received| sender.send(received));
        }
    })?;
    Ok(receiver)
}

/// The signal of a name, with or without `SIG`, or of a number. Real-time signals have none.
pub fn signal_of(text: &str) -> Option<Signal> {
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    (1..=31).filter_map(Signal::from_named_raw).find(|signal| {
        let is_named =
            signal_name(signal.as_raw()).is_some_and(|known| known.strip_prefix("SIG") == Some(name));
        is_named || name.parse() == Ok(signal.as_raw())
    })
}

/// Stops this process, as the terminal's key does; returns when it goes on.
///
/// # Errors
/// The system refuses.
pub fn stop_self() -> io::Result<()> {
    emulate_default_handler(Signal::TSTP.as_raw())
}

fn received(origin: &Origin) -> Option<Received> {
    if origin.signal == SIGCHLD {
        return Some(Received::Child);
    }
    let sender = if origin.cause == Cause::Kernel { Sender::System } else { Sender::Process };
    Signal::from_named_raw(origin.signal).map(|signal| Received::Signal(signal, sender))
}

/// The signals that a process ignores, from its `/proc/self/status`.
fn ignored(status: &str) -> BTreeSet<i32> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_a_name_and_a_number() {
        for text in ["HUP", "SIGHUP", "hup", "1"] {
            assert_eq!(signal_of(text), Some(Signal::HUP), "{text}");
        }
        assert_eq!(signal_of("USR1"), Some(Signal::USR1));
        for text in ["", "SIG", "0", "NOSUCH", "64", "-1"] {
            assert_eq!(signal_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tsleep\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001003\n";
        assert_eq!(ignored(status), BTreeSet::from([1, 2, 13]));
        assert_eq!(ignored(""), BTreeSet::new());
    }
}
