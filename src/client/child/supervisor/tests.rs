//! Real shells as children. They report through a named pipe, so that no test waits by the clock.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Sender as ChannelSender, bounded};
use parking_lot::Mutex;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::runtime::relay;

const PATIENT: Manner =
    Manner { on_change: OnChange::Restart, grace: Duration::from_mins(5), splay: Duration::ZERO };
const IMPATIENT: Manner = Manner { grace: Duration::ZERO, ..PATIENT };
/// Waits for a line of the gate, again after each signal.
const WAIT: &str = "; while :; do read -r line < \"$GATE\" || :; done";
/// Reports that it was asked to end, and ends once the gate has a line.
const SLOW_END: &str = "trap 'say ending; read -r line < \"$GATE\"; exit 7' TERM; say $VALUE";

/// A run that goes on, of a shell with a variable VALUE.
struct Scene {
    gate: File,
    reports: BufReader<File>,
    value: Arc<Mutex<Option<&'static str>>>,
    /// The run has taken what these sent once they return.
    signals: ChannelSender<Received>,
    changed: ChannelSender<()>,
    run: JoinHandle<Result<u8, RunError>>,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new(script: &str, manner: Manner) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["reports", "gate"].map(|name| folder.path().join(name));
        let [reports, gate] = paths.each_ref().map(|path| {
            mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
            OpenOptions::new().read(true).write(true).open(path).unwrap()
        });
        let script = format!("say() {{ echo \"$1\" > \"$REPORTS\"; }}; {script}");
        let start = move |value: &str| start(&script, value, &paths);
        let value = Arc::new(Mutex::new(Some("1")));
        let newest = Arc::clone(&value);
        let (signals, received) = bounded(0);
        let (changed, on_change) = bounded(0);
        let (children, to_run) = (relay::catch().unwrap(), signals.clone());
        let forward = move || {
            let mut children = children.iter().filter(|received| *received == Received::Child);
            while children.next().is_some_and(|child| to_run.send(child).is_ok()) {}
        };
        Builder::new().spawn(forward).unwrap();
        let run = move || {
            let mut newest = || newest.lock().map(&start);
            run(start("1"), manner, &received, Changes { changed: on_change, newest: &mut newest })
        };
        let run = Builder::new().spawn(run).unwrap();
        Self { gate, reports: BufReader::new(reports), value, signals, changed, run, _folder: folder }
    }

    #[track_caller]
    fn reports(&mut self, expected: &[&str]) {
        for expected in expected {
            let mut line = String::new();
            self.reports.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), *expected);
        }
    }

    fn set(&self, value: Option<&'static str>) {
        *self.value.lock() = value;
        self.changed.send(()).unwrap();
    }

    fn send(&self, signal: Signal, sender: Sender) {
        self.signals.send(Received::Signal(signal, sender)).unwrap();
    }

    fn open_gate(&mut self) {
        self.gate.write_all(b"\n").unwrap();
    }

    fn end(self) -> Result<u8, RunError> {
        drop((self.signals, self.changed));
        self.run.join().unwrap()
    }
}

fn start(script: &str, value: &str, [reports, gate]: &[impl AsRef<Path>; 2]) -> Start {
    let words: &[&str] =
        if value == "no command" { &["/no/such/command"] } else { &["/bin/sh", "-c", script] };
    let variables = [
        ("VALUE", value.as_ref()),
        ("REPORTS", reports.as_ref().as_os_str()),
        ("GATE", gate.as_ref().as_os_str()),
    ];
    let environment = variables.map(|(name, value)| (name.into(), value.into())).into();
    let words = words.iter().map(Into::into).collect();
    Start { program: Program { words, environment }, output: Output::Inherited }
}

#[test]
fn a_command_that_ends_by_itself_ends_the_run_with_its_status() {
    assert_eq!(Scene::new("exit 5", PATIENT).end().unwrap(), 5);
    assert_eq!(Scene::new("kill -KILL $$", PATIENT).end().unwrap(), 137);
}

#[test]
fn a_change_restarts_the_command_and_what_changes_nothing_does_not() {
    let mut scene = Scene::new(&format!("trap 'say usr1' USR1; say $VALUE{WAIT}"), PATIENT);
    scene.reports(&["1"]);
    scene.set(Some("1"));
    scene.set(None);
    scene.send(Signal::USR1, Sender::Process);
    scene.reports(&["usr1"]);
    scene.set(Some("2"));
    scene.reports(&["2"]);
    scene.send(Signal::TERM, Sender::Process);
    assert_eq!(scene.end().unwrap(), 143);
}

#[test]
fn a_change_while_the_command_ends_leads_to_one_start_with_the_newest_values() {
    let mut scene = Scene::new(&format!("{SLOW_END}{WAIT}"), PATIENT);
    scene.reports(&["1"]);
    scene.set(Some("2"));
    scene.reports(&["ending"]);
    scene.set(Some("3"));
    scene.set(Some("4"));
    scene.open_gate();
    scene.reports(&["4"]);
    scene.send(Signal::TERM, Sender::Process);
    scene.reports(&["ending"]);
    scene.open_gate();
    assert_eq!(scene.end().unwrap(), 7);
}

#[test]
fn a_command_that_does_not_end_in_time_is_killed() {
    let mut scene = Scene::new(&format!("trap '' TERM; say $VALUE{WAIT}"), IMPATIENT);
    scene.reports(&["1"]);
    scene.set(Some("2"));
    scene.reports(&["2"]);
    scene.send(Signal::HUP, Sender::Process);
    assert_eq!(scene.end().unwrap(), 129);
}

#[test]
fn a_command_that_was_asked_to_end_is_not_started_again() {
    let mut scene = Scene::new(&format!("{SLOW_END}{WAIT}"), PATIENT);
    scene.reports(&["1"]);
    scene.set(Some("2"));
    scene.reports(&["ending"]);
    scene.send(Signal::TERM, Sender::Process);
    scene.open_gate();
    assert_eq!(scene.end().unwrap(), 7);

    let mut scene = Scene::new(&format!("{SLOW_END}{WAIT}"), PATIENT);
    scene.reports(&["1"]);
    scene.send(Signal::TERM, Sender::Process);
    scene.reports(&["ending"]);
    scene.set(Some("2"));
    scene.open_gate();
    assert_eq!(scene.end().unwrap(), 7);
}

#[test]
fn a_command_that_outlives_an_interrupt_is_restarted_by_a_later_change() {
    let manner = Manner { grace: Duration::from_millis(20), ..PATIENT };
    let mut scene = Scene::new(&format!("trap 'say int' INT; say $VALUE{WAIT}"), manner);
    scene.reports(&["1"]);
    scene.send(Signal::INT, Sender::Process);
    scene.reports(&["int"]);
    scene.set(Some("2"));
    scene.reports(&["2"]);
    scene.send(Signal::TERM, Sender::Process);
    assert_eq!(scene.end().unwrap(), 143);
}

#[test]
fn a_key_of_the_terminal_is_not_forwarded_because_the_command_has_it() {
    let script =
        format!("trap 'say int' INT; trap 'say usr1' USR1; trap 'say winch' WINCH; say $VALUE{WAIT}");
    let mut scene = Scene::new(&script, PATIENT);
    scene.reports(&["1"]);
    scene.send(Signal::INT, Sender::System);
    scene.send(Signal::WINCH, Sender::System);
    scene.send(Signal::USR1, Sender::Process);
    scene.reports(&["usr1"]);
    scene.send(Signal::QUIT, Sender::Process);
    assert_eq!(scene.end().unwrap(), 131);
}

#[test]
fn a_signal_in_place_of_a_restart_is_sent_once_for_each_change() {
    let manner = Manner { on_change: OnChange::Signal(Signal::HUP), ..PATIENT };
    let script = format!("trap 'say hup' HUP; trap 'say usr1' USR1; say $VALUE{WAIT}");
    let mut scene = Scene::new(&script, manner);
    scene.reports(&["1"]);
    scene.set(Some("2"));
    scene.reports(&["hup"]);
    scene.set(Some("2"));
    scene.send(Signal::USR1, Sender::Process);
    scene.reports(&["usr1"]);
    scene.set(Some("1"));
    scene.reports(&["hup"]);
    scene.send(Signal::TERM, Sender::Process);
    assert_eq!(scene.end().unwrap(), 143);
}

#[test]
fn a_command_that_is_gone_at_a_restart_ends_the_run() {
    let mut scene = Scene::new(&format!("say $VALUE{WAIT}"), PATIENT);
    scene.reports(&["1"]);
    scene.set(Some("no command"));
    let error = scene.end().unwrap_err();
    assert!(matches!(error, RunError::Start(ref error) if error.exit_status() == 127), "{error}");
}
