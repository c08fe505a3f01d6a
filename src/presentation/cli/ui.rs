//! The terminal, or what is in its place: results go to standard output, everything else to standard error.
//!
//! Every command gets one [`Ui`]. Printing never panics. A closed standard output ends a command quietly
//! (`Failure::OutputClosed`). Colour is for a terminal, unless `--color`, `NO_COLOR` or `CLICOLOR_FORCE` says otherwise.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write as _};
use std::os::fd::AsFd;

use super::error::{Failure, Report};
pub(super) use super::show::look::{ColourChoice, Look, Output, Size};
use super::show::results::Results;
use super::show::shown::lines_for_terminal;
use crate::runtime::flush::{LAST_FLUSH, at_most};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// A terminal that does not say its size.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// The inputs and outputs of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ui {
    pub(super) stdin_is_terminal: bool,
    pub(super) stdout: Look,
    pub(super) stderr: Look,
}

impl Ui {
    /// The process's own, with the colours that its environment asks for.
    pub(super) fn of_process(environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let look = |size: Option<Size>| Look { colour: colour(&environment, size.is_some()), size };
        Self {
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout: look(size(&io::stdout(), &environment)),
            stderr: look(size(&io::stderr(), &environment)),
        }
    }

    /// The same with the colours that the command line asks for, which win over the environment.
    #[must_use]
    pub(super) fn with_colour(mut self, choice: ColourChoice) -> Self {
        let colour = match choice {
            ColourChoice::Auto => return self,
            ColourChoice::Always => Colour::Always,
            ColourChoice::Never => Colour::Never,
        };
        (self.stdout.colour, self.stderr.colour) = (colour, colour);
        self
    }

    /// Whether a person watches standard error: progress is for them.
    pub(super) fn is_watched(self) -> bool {
        self.stderr.is_terminal()
    }

    /// Whether a question reaches a person who can answer it.
    pub(super) fn can_ask(self) -> bool {
        self.stdin_is_terminal && self.stderr.is_terminal()
    }

    /// Colour on standard error.
    pub(super) fn stderr_colour(self) -> Colour {
        self.stderr.colour
    }

    /// Standard output, for results of any length.
    pub(super) fn results(self) -> Results {
        Results::new(self.stdout, Box::new(io::stdout().lock()))
    }

    /// A line of the command's result, on standard output. A terminal gets it without characters that control it.
    pub(super) fn print(self, line: &str) -> Result<(), Failure> {
        let shown = if self.stdout.is_terminal() { lines_for_terminal(line) } else { line.into() };
        // One write, so that no other process's output comes between the line and its end.
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(format!("{shown}\n").as_bytes()).and_then(|()| stdout.flush());
        written.map_err(|error| Failure::unwritten(&error))
    }

    /// Lines for a person, on standard error: a plan, a note. Names and values in it are already escaped.
    #[expect(clippy::unused_self, reason = "a command prints through the Ui that it got")]
    pub(super) fn note(self, text: &str) {
        // A command whose standard error is closed does its work all the same.
        let _written = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
    }

    /// Why the command failed. Clap prints its own help and errors, in its own colours.
    pub(super) fn complain(self, failure: Failure) {
        // Where the text can not be written, the exit status remains.
        let _printed = at_most(LAST_FLUSH, move || match failure {
            Failure::Reported(report) => io::stderr().lock().write_all(self.lines(&report).as_bytes()),
            Failure::CommandLine(error) => error.print(),
            Failure::OutputClosed | Failure::Exited(_) => Ok(()),
        });
    }

    fn lines(self, report: &Report) -> String {
        let (red, cyan, plain) = match self.stderr.colour {
            Colour::Always => ("\u{1b}[1;31m", "\u{1b}[36m", "\u{1b}[0m"),
            Colour::Never => ("", "", ""),
        };
        let text = format!("{red}configapi:{plain} {}\n", Escaped(&report.text));
        let hints = report.hints.iter().map(|hint| format!("{cyan}hint:{plain} {}\n", Escaped(hint)));
        std::iter::once(text).chain(hints).collect()
    }
}

/// The size of the terminal behind an output, if there is one. `COLUMNS` wins, as with other programs.
fn size(output: &(impl AsFd + IsTerminal), environment: impl Fn(&str) -> Option<OsString>) -> Option<Size> {
    if !output.is_terminal() {
        return None;
    }
    let own = rustix::termios::tcgetwinsize(output).ok();
    let or_usual = |own: Option<u16>, usual| own.filter(|own| *own > 0).map_or(usual, usize::from);
    let asked = environment("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
    let columns = asked.filter(|columns| *columns > 0);
    Some(Size {
        columns: columns.unwrap_or_else(|| or_usual(own.map(|own| own.ws_col), USUAL.columns)),
        rows: or_usual(own.map(|own| own.ws_row), USUAL.rows),
    })
}

/// `NO_COLOR` (no-color.org) comes first, then `CLICOLOR_FORCE`, then whether it is a terminal that knows colours.
fn colour(environment: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> Colour {
    let is_set = |name| environment(name).is_some_and(|value| !value.is_empty());
    let forced =
        || is_set("CLICOLOR_FORCE") && environment("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_able = || is_terminal && environment("TERM").is_none_or(|terminal| terminal != "dumb");
    if !is_set("NO_COLOR") && (is_able() || forced()) { Colour::Always } else { Colour::Never }
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
        assert_eq!(with("TERM=dumb", true), Colour::Never);
        assert_eq!(with("NO_COLOR=1", true), Colour::Never);
        assert_eq!(with("NO_COLOR=", true), Colour::Always);
        assert_eq!(with("CLICOLOR_FORCE=1", false), Colour::Always);
        assert_eq!(with("CLICOLOR_FORCE=0", false), Colour::Never);
    }

    #[test]
    fn the_flag_wins_over_the_environment_on_both_outputs() {
        let ui = Ui { stdin_is_terminal: false, stdout: Look::PLAIN, stderr: Look::PLAIN };
        let colours = |ui: Ui| (ui.stdout.colour, ui.stderr.colour);
        assert_eq!(colours(ui.with_colour(ColourChoice::Always)), (Colour::Always, Colour::Always));
        let always = ui.with_colour(ColourChoice::Always);
        assert_eq!(colours(always.with_colour(ColourChoice::Auto)), (Colour::Always, Colour::Always));
        assert_eq!(colours(always.with_colour(ColourChoice::Never)), (Colour::Never, Colour::Never));
    }

    #[test]
    fn a_question_needs_a_terminal_to_show_it_and_one_to_answer_it() {
        let terminal = Look { size: Some(USUAL), ..Look::PLAIN };
        let can_ask =
            |stdin_is_terminal, stderr| Ui { stdin_is_terminal, stdout: Look::PLAIN, stderr }.can_ask();
        assert!(can_ask(true, terminal));
        assert!(!can_ask(false, terminal) && !can_ask(true, Look::PLAIN));
    }
}
