//! Standard output and standard error: results go to the first, everything else to the second.
//!
//! Printing never panics. A closed standard output ends a command quietly (`Failure::OutputClosed`).
//! Colour is for a terminal, unless `NO_COLOR` or `CLICOLOR_FORCE` says otherwise.

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write as _};

use super::error::{Failure, Report};
use crate::runtime::flush::{LAST_FLUSH, at_most};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// The streams that a command prints to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ui {
    stderr_colour: Colour,
    stderr_is_terminal: bool,
}

impl Ui {
    /// The process's own streams, with the colours that its environment asks for.
    pub(super) fn of_process(environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        Self { stderr_colour: colour(environment, stderr_is_terminal), stderr_is_terminal }
    }

    /// Whether somebody watches standard error: progress is for them.
    pub(super) fn is_watched(self) -> bool {
        self.stderr_is_terminal
    }

    /// Colour on standard error.
    pub(super) fn stderr_colour(self) -> Colour {
        self.stderr_colour
    }

    /// A line of the command's result, on standard output.
    #[expect(
        clippy::unused_self,
        reason = "later its format and colour: a command prints through what it got"
    )]
    pub(super) fn print(self, line: &str) -> Result<(), Failure> {
        // One write, so that no other process's output comes between the line and its end.
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdout.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::system(format!("can't write to standard output: {error}")),
        })
    }

    /// Why the command failed. Clap prints its own help and errors, in its own colours.
    pub(super) fn complain(self, failure: Failure) {
        // Where the text can not be written, the exit status remains.
        let _printed = at_most(LAST_FLUSH, move || match failure {
            Failure::Reported(report) => io::stderr().lock().write_all(self.lines(&report).as_bytes()),
            Failure::CommandLine(error) => error.print(),
            Failure::OutputClosed => Ok(()),
        });
    }

    fn lines(self, report: &Report) -> String {
        let (red, cyan, plain) = match self.stderr_colour {
            Colour::Always => ("\u{1b}[1;31m", "\u{1b}[36m", "\u{1b}[0m"),
            Colour::Never => ("", "", ""),
        };
        let text = format!("{red}configapi:{plain} {}\n", Escaped(&report.text));
        let hints = report.hints.iter().map(|hint| format!("{cyan}hint:{plain} {}\n", Escaped(hint)));
        std::iter::once(text).chain(hints).collect()
    }
}

/// `NO_COLOR` (no-color.org) comes first, then `CLICOLOR_FORCE`, then whether it is a terminal.
fn colour(environment: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> Colour {
    let is_set = |name| environment(name).is_some_and(|value| !value.is_empty());
    let forced =
        || is_set("CLICOLOR_FORCE") && environment("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    if !is_set("NO_COLOR") && (is_terminal || forced()) { Colour::Always } else { Colour::Never }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_a_terminal_unless_the_environment_says_otherwise() {
        let with = |set: &'static str, is_terminal| {
            colour(|name| set.strip_prefix(name)?.strip_prefix('=').map(OsString::from), is_terminal)
        };
        assert_eq!(with("", true), Colour::Always);
        assert_eq!(with("", false), Colour::Never);
        assert_eq!(with("NO_COLOR=1", true), Colour::Never);
        assert_eq!(with("NO_COLOR=", true), Colour::Always);
        assert_eq!(with("CLICOLOR_FORCE=1", false), Colour::Always);
        assert_eq!(with("CLICOLOR_FORCE=0", false), Colour::Never);
    }
}
