//! Long results in a pager, as git has it: `$CONFIGAPI_PAGER`, `$PAGER`, or `less`.
//!
//! `less` gets `LESS=FRX` unless it is set: it ends by itself where one screen is enough, and shows our colours. Raw control
//! (`R`) is safe, because everything that is printed is escaped. A reader that leaves the pager early ends the command
//! quietly. The pager is over before the command is.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::results::Results;
use crate::presentation::cli::ui::Ui;
use crate::runtime::signals;

/// The variable that names the pager of this program alone.
pub(in crate::presentation::cli) const PAGER_VARIABLE: &str = "CONFIGAPI_PAGER";
const USUAL: &str = "less";

/// Whether long results go to a pager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Paging {
    /// On a terminal.
    Auto,
    /// `--no-pager`.
    Never,
}

/// Standard output, or a pager in front of it.
pub(in crate::presentation::cli) fn results(
    ui: Ui,
    paging: Paging,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Results {
    if paging == Paging::Never || !ui.stdout.is_terminal() {
        return ui.results();
    }
    match chosen(&environment).and_then(|pager| start(&pager, environment)) {
        Some(pager) => Results::new(ui.stdout, Box::new(pager)),
        None => ui.results(),
    }
}

/// The command of the pager. None where the environment wants none, or where the terminal is too simple for one.
fn chosen(environment: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let given = [PAGER_VARIABLE, "PAGER"].into_iter().find_map(&environment);
    let is_simple = || environment("TERM").is_none_or(|terminal| terminal.is_empty() || terminal == "dumb");
    let pager = match given {
        Some(pager) => pager.into_string().ok()?,
        None if is_simple() => return None,
        None => USUAL.to_owned(),
    };
    (!matches!(pager.trim(), "" | "cat")).then_some(pager)
}

/// Starts the pager. None where the program is missing.
fn start(pager: &str, environment: impl Fn(&str) -> Option<OsString>) -> Option<Pager> {
    let mut command = command(pager)?;
    for (name, usual) in [("LESS", "FRX"), ("LV", "-c")] {
        if environment(name).is_none() {
            command.env(name, usual);
        }
    }
    let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
    let input = child.stdin.take();
    // Ctrl-C is the pager's from now on: the command ends its output, and waits. Without the flag Ctrl-C ends the command.
    let interrupted = signals::note_interrupts().unwrap_or_default();
    Some(Pager { child, input, interrupted })
}

/// The words of the pager, or a shell where it is more than words.
fn command(pager: &str) -> Option<Command> {
    let is_for_shell = pager.contains(['|', '&', ';', '<', '>', '(', ')', '$', '`', '=', '*', '~', '#']);
    if is_for_shell {
        let mut shell = Command::new("sh");
        shell.args(["-c", pager]);
        return Some(shell);
    }
    let words = shell_words::split(pager).ok()?;
    let (program, rest) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(rest);
    Some(command)
}

/// A pager that runs. It is waited for when this is dropped.
struct Pager {
    child: Child,
    input: Option<ChildStdin>,
    interrupted: Arc<AtomicBool>,
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.input {
            Some(input) if !self.interrupted.load(Ordering::Relaxed) => input.write(bytes),
            _ => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // A pipe has no buffer on this side.
        Ok(())
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.input = None;
        // Its status says nothing of the command.
        let _status = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_is_the_first_that_the_environment_names() {
        let chosen = |set: &'static [(&'static str, &'static str)]| {
            chosen(|name| {
                let (_, value) = set.iter().find(|(known, _)| *known == name)?;
                Some(OsString::from(value))
            })
        };
        assert_eq!(chosen(&[("TERM", "xterm")]).as_deref(), Some("less"));
        assert_eq!(chosen(&[("TERM", "dumb")]), None);
        assert_eq!(chosen(&[("TERM", "dumb"), ("PAGER", "more")]).as_deref(), Some("more"));
        assert_eq!(chosen(&[("PAGER", "more"), ("CONFIGAPI_PAGER", "most -w")]).as_deref(), Some("most -w"));
        for none in ["", "cat", " cat "] {
            let set = [("TERM", "xterm"), ("PAGER", "more"), ("CONFIGAPI_PAGER", none)];
            let chosen = super::chosen(|name| {
                let (_, value) = set.iter().find(|(known, _)| *known == name)?;
                Some(OsString::from(value))
            });
            assert_eq!(chosen, None, "{none:?}");
        }
    }

    #[test]
    fn a_pager_is_a_program_with_arguments_or_a_line_for_a_shell() {
        let words = |pager: &str| {
            let command = command(pager).unwrap();
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            words.map(|word| word.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words("less -S '+/a b'"), ["less", "-S", "+/a b"]);
        assert_eq!(words("grep x | less"), ["sh", "-c", "grep x | less"]);
        assert_eq!(words("LESS=R less"), ["sh", "-c", "LESS=R less"]);
    }

    #[test]
    fn a_missing_pager_is_not_started() {
        assert!(start("/there/is/no/such/pager", |_| None).is_none());
    }

    #[test]
    fn the_reader_that_leaves_early_ends_the_command_quietly() {
        let mut pager = start("true", |_| None).unwrap();
        let line = [b'x'; 4_096];
        // It ends when the program has closed its input, at the latest when the pipe is full.
        let error = std::iter::from_fn(|| Some(pager.write(&line))).find_map(Result::err).unwrap();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}
