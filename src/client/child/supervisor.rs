//! A command as a child: signals go to it, its status comes back, and changed values restart it.
//!
//! Called by `run` where it can't replace itself by the command: to watch values, or to mask the output. The child is in the
//! process group of this process, so that a key of the terminal reaches it without help; such a signal isn't forwarded. One
//! thread starts, signals and reaps the child, so that no signal reaches a process that has its number later. Invariants:
//! `a_change_while_the_command_ends_leads_to_one_start_with_the_newest_values`,
//! `a_command_that_ends_by_itself_ends_the_run_with_its_status`,
//! `a_command_that_was_asked_to_end_is_not_started_again`.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, at, never, select};
use rustix::process::{Pid, Signal, getpid, getsid, kill_process};
use thiserror::Error;

use super::output::{Output, Pumps};
use super::program::{Program, StartError, exit_status};
use crate::runtime::relay::{Received, Sender, stop_self};

/// A command to start, and where it writes.
pub struct Start {
    /// The command with its environment.
    pub program: Program,
    /// Where it writes.
    pub output: Output,
}

/// The effect of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    /// Starts the command again: SIGTERM, and SIGKILL after a time.
    Restart,
    /// Sends a signal to the command, which goes on with its environment.
    Signal(Signal),
}

/// How changes reach the command.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The effect of a change.
    pub on_change: OnChange,
    /// How long the command may take to end before it is killed.
    pub grace: Duration,
    /// The longest random delay before a change has its effect, so that many hosts don't restart at once.
    pub splay: Duration,
}

/// The values of the command, as they change.
pub struct Changes<'a> {
    /// Gets something for each change, or for several. One place is enough.
    pub changed: Receiver<()>,
    /// The command with the newest values. `None` where they can't be used: the caller has said why, and the command
    /// goes on as it is.
    pub newest: &'a mut dyn FnMut() -> Option<Start>,
}

/// Why a run ended without a status of its command.
#[derive(Debug, Error)]
pub enum RunError {
    /// The command did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system refused a pipe, a thread or a wait.
    #[error("the command can't be run: {0}")]
    System(#[from] io::Error),
}

/// Runs a command until it ends; its status as a shell has it.
///
/// # Errors
/// The command does not start, now or after a change.
pub fn run(
    first: Start,
    manner: Manner,
    signals: &Receiver<Received>,
    mut changes: Changes<'_>,
) -> Result<u8, RunError> {
    let mut running = Running::start(first, manner)?;
    loop {
        let deadline = running.deadline().map_or_else(never, at);
        select! {
            recv(signals) -> received => match received {
                Ok(Received::Child) => if let Some(status) = running.reap(&mut changes)? {
                    return Ok(exit_status(status));
                },
                Ok(Received::Signal(signal, sender)) => running.forward(signal, sender)?,
                Err(_) => return Err(io::Error::other("signals are not received any more").into()),
            },
            recv(changes.changed) -> news => match news {
                Ok(()) => running.change((changes.newest)()),
                Err(_) => changes.changed = never(),
            },
            recv(deadline) -> _ => running.act()?,
        }
    }
}

/// The next step of the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing: it runs with the newest values.
    Settled,
    /// A change has its effect after the delay.
    Delayed { until: Instant },
    /// It was asked to end, for another start. Without an instant it was killed.
    Ending { kill_at: Option<Instant> },
}

struct Running {
    child: Child,
    pumps: Pumps,
    manner: Manner,
    phase: Phase,
    /// The state that runs, or the last one that it was notified of.
    current: Program,
    /// The newest values.
    next: Option<Start>,
    /// The last signal by which somebody asked the child to end.
    asked_to_end: Option<(Signal, Instant)>,
}

impl Running {
    fn start(start: Start, manner: Manner) -> Result<Self, RunError> {
        let (child, pumps) = spawn(&start)?;
        let Start { program: current, .. } = start;
        Ok(Self { child, pumps, manner, phase: Phase::Settled, current, next: None, asked_to_end: None })
    }

    fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Settled => None,
            Phase::Delayed { until } => Some(until),
            Phase::Ending { kill_at } => kill_at,
        }
    }

    /// The values have changed.
    fn change(&mut self, newest: Option<Start>) {
        let Some(newest) = newest else { return };
        let is_same = newest.program == self.current;
        self.next = Some(newest);
        match self.phase {
            Phase::Settled if !is_same => {
                self.phase = Phase::Delayed { until: Instant::now() + random_part(self.manner.splay) };
            }
            Phase::Delayed { .. } if is_same => self.phase = Phase::Settled,
            _ => {}
        }
    }

    /// A deadline has come.
    fn act(&mut self) -> Result<(), RunError> {
        match (self.phase, self.manner.on_change) {
            (Phase::Delayed { .. }, OnChange::Restart) if self.is_asked_to_end() => {
                self.phase = match self.asked_to_end {
                    // A child that an interrupt does not end gets the change later.
                    Some((Signal::INT, at)) => Phase::Delayed { until: at + self.manner.grace },
                    _ => Phase::Settled,
                };
            }
            (Phase::Delayed { .. }, OnChange::Restart) => {
                self.signal(Signal::TERM)?;
                self.phase = Phase::Ending { kill_at: Some(Instant::now() + self.manner.grace) };
            }
            (Phase::Delayed { .. }, OnChange::Signal(signal)) => {
                self.signal(signal)?;
                self.phase = Phase::Settled;
                if let Some(next) = self.next.take() {
                    self.current = next.program;
                }
            }
            (Phase::Ending { .. }, _) => {
                self.signal(Signal::KILL)?;
                self.phase = Phase::Ending { kill_at: None };
            }
            (Phase::Settled, _) => {}
        }
        Ok(())
    }

    /// A child has changed: its status if that is the end of the run.
    fn reap(&mut self, changes: &mut Changes<'_>) -> Result<Option<ExitStatus>, RunError> {
        let Some(status) = self.child.try_wait()? else { return Ok(None) };
        std::mem::take(&mut self.pumps).finish();
        if !matches!(self.phase, Phase::Ending { .. }) || self.is_asked_to_end() {
            return Ok(Some(status));
        }
        if changes.changed.try_recv().is_ok() {
            self.change((changes.newest)());
        }
        let Some(next) = self.next.take() else { return Ok(Some(status)) };
        *self = Self::start(next, self.manner)?;
        Ok(None)
    }

    /// This process got a signal that is meant for the child.
    fn forward(&mut self, signal: Signal, sender: Sender) -> Result<(), RunError> {
        let is_ending = matches!(self.phase, Phase::Ending { .. });
        if matches!(signal, Signal::INT | Signal::TERM | Signal::QUIT) {
            self.asked_to_end = Some((signal, Instant::now()));
        }
        // The system sends the end of a terminal to the leader of its session alone.
        let reached_it = sender == Sender::System && !(signal == Signal::HUP && is_session_leader());
        // It has this one from its restart.
        let has_it = is_ending && signal == Signal::TERM;
        if !reached_it && !has_it {
            self.signal(signal)?;
        }
        if signal == Signal::TSTP {
            stop_self()?;
        }
        Ok(())
    }

    /// Whether somebody has asked the child to end, so that it must not be started again. Ctrl-C may mean less, as in a
    /// shell: it counts as long as a child may take to end.
    fn is_asked_to_end(&self) -> bool {
        self.asked_to_end
            .is_some_and(|(signal, at)| signal != Signal::INT || at.elapsed() < self.manner.grace)
    }

    /// The child is not reaped: its number is its own.
    fn signal(&self, signal: Signal) -> Result<(), RunError> {
        kill_process(Pid::from_child(&self.child), signal).map_err(|error| io::Error::from(error).into())
    }
}

fn spawn(start: &Start) -> Result<(Child, Pumps), RunError> {
    let mut command = start.program.command();
    let pumps = start.output.connect(&mut command)?;
    match command.spawn() {
        Ok(child) => Ok((child, pumps)),
        Err(error) => {
            // The pumps end with the pipes of the command.
            drop(command);
            pumps.finish();
            Err(start.program.failed(error).into())
        }
    }
}

fn is_session_leader() -> bool {
    getsid(None).is_ok_and(|leader| leader == getpid())
}

/// Between nothing and the whole of a span. Without random bytes: nothing, as without a splay.
fn random_part(span: Duration) -> Duration {
    let share = getrandom::u32().unwrap_or_default();
    span.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
