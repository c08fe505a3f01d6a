//! Questions on the terminal, before a command changes several names.
//!
//! Only `y` or `yes` agrees: Enter alone, an end of input and any other answer refuse. Ctrl-C at a question ends the process
//! with 130. Nothing has been done then.

use std::io::{self, BufRead, Read as _, Write};

use crate::presentation::cli::error::{Failure, INTERRUPTED};
use crate::presentation::cli::ui::Ui;
use crate::runtime::signals;

/// A longer answer is a refusal.
const ANSWER_BYTES_MAX: u64 = 1_024;

/// Whether the command line agrees already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Consent {
    /// By `--yes`.
    Given,
    /// A person has to be asked.
    Needed,
}

/// Asks a question such as `make these changes?`, and returns an error unless the answer is yes.
pub(in crate::presentation::cli) fn confirm(ui: Ui, consent: Consent, question: &str) -> Result<(), Failure> {
    if consent == Consent::Given {
        return Ok(());
    }
    if !ui.can_ask() {
        let why = "nothing was changed: no terminal is there to ask for confirmation on";
        return Err(Failure::system(why).hint("repeat the command with --yes to confirm it"));
    }
    signals::end_at_interrupt(INTERRUPTED)
        .map_err(|error| Failure::system(format!("can't watch for Ctrl-C: {error}")))?;
    match ask(&mut io::stdin().lock(), &mut io::stderr().lock(), question) {
        Ok(Answer::Yes) => Ok(()),
        Ok(Answer::No) => Err(Failure::system("nothing was changed: the answer was not yes")),
        Err(error) => Err(Failure::system(format!("nothing was changed: can't read the answer: {error}"))),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

fn ask(input: &mut impl BufRead, output: &mut impl Write, question: &str) -> io::Result<Answer> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut answer = Vec::new();
    input.take(ANSWER_BYTES_MAX).read_until(b'\n', &mut answer)?;
    if answer.last() != Some(&b'\n') {
        // The cursor is still after the question.
        writeln!(output)?;
    }
    let is_yes = [b"y".as_slice(), b"yes"].iter().any(|yes| answer.trim_ascii().eq_ignore_ascii_case(yes));
    Ok(if is_yes { Answer::Yes } else { Answer::No })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::cli::error::Status;
    use crate::presentation::cli::show::look::Look;

    #[test]
    fn only_yes_is_yes() {
        let answer = |typed: &str| {
            let mut printed = Vec::new();
            let answer = ask(&mut typed.as_bytes(), &mut printed, "delete 3 names?").unwrap();
            (answer, String::from_utf8(printed).unwrap())
        };
        for yes in ["y\n", "yes\n", "Y\r\n", " YES \n"] {
            assert_eq!(answer(yes), (Answer::Yes, "delete 3 names? [y/N] ".to_owned()), "{yes:?}");
        }
        for no in ["\n", "n\n", "no\n", "yess\n", "y y\n"] {
            assert_eq!(answer(no), (Answer::No, "delete 3 names? [y/N] ".to_owned()), "{no:?}");
        }
        assert_eq!(answer(""), (Answer::No, "delete 3 names? [y/N] \n".to_owned()));
        assert_eq!(answer(&"y".repeat(5_000)).0, Answer::No);
    }

    #[test]
    fn without_a_terminal_the_refusal_names_the_flag() {
        let ui = Ui { stdin_is_terminal: true, stdout: Look::PLAIN, stderr: Look::PLAIN };
        match confirm(ui, Consent::Needed, "delete 3 names?") {
            Err(Failure::Reported(report)) => {
                assert_eq!(report.status, Status::Error);
                assert_eq!(report.hints, ["repeat the command with --yes to confirm it"]);
            }
            other => panic!("{other:?}"),
        }
        assert!(confirm(ui, Consent::Given, "delete 3 names?").is_ok());
    }
}
