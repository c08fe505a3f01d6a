//! The way of results to standard output or to a pager, for one line or a million.
//!
//! Made by `Ui::results` and by `pager`. Text for people has no control characters but ours: the renderers of this module
//! escape names and values. A reader that has gone ends the command quietly, and nothing here panics.

use std::io::{BufWriter, Write};

use serde::Serialize;

use super::json;
use super::shown::lines_for_terminal;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::look::Look;

/// Bytes that wait for more of them, when no person waits for the first line.
const BUFFER_BYTES: usize = 64 * 1024;

/// Where a command's results go.
pub(in crate::presentation::cli) struct Results {
    look: Look,
    output: BufWriter<Box<dyn Write>>,
}

impl Results {
    /// Results that go to `output`.
    pub(in crate::presentation::cli) fn new(look: Look, output: Box<dyn Write>) -> Self {
        Self { look, output: BufWriter::with_capacity(BUFFER_BYTES, output) }
    }

    /// How they have to look.
    pub(in crate::presentation::cli) fn look(&self) -> Look {
        self.look
    }

    /// A line, whose end is added.
    pub(in crate::presentation::cli) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.exact(line.as_bytes())?;
        self.exact(b"\n")?;
        if self.look.is_terminal() { self.flush() } else { Ok(()) }
    }

    /// Bytes as they are.
    pub(in crate::presentation::cli) fn exact(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.output.write_all(bytes).map_err(|error| Failure::unwritten(&error))
    }

    /// A value or an export: its exact bytes for a program; for a terminal escaped, with the end of its last line.
    pub(in crate::presentation::cli) fn text(&mut self, text: &str) -> Result<(), Failure> {
        if !self.look.is_terminal() {
            return self.exact(text.as_bytes());
        }
        self.exact(lines_for_terminal(text).as_bytes())?;
        if text.ends_with('\n') { self.flush() } else { self.line("") }
    }

    /// A shape of the contract as one line of JSON.
    pub(in crate::presentation::cli) fn json(&mut self, shape: &impl Serialize) -> Result<(), Failure> {
        self.json_element(shape)?;
        self.line("")
    }

    /// The JSON of a shape without an end of line.
    pub(super) fn json_element(&mut self, shape: &impl Serialize) -> Result<(), Failure> {
        json::write(&mut self.output, shape).map_err(|error| Failure::unwritten(&error))
    }

    /// Writes what waits: a reader that follows sees it now.
    pub(in crate::presentation::cli) fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(|error| Failure::unwritten(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::samples::{COLOURLESS, Printed};
    use super::*;

    #[test]
    fn a_value_is_exact_for_a_program_and_ends_its_line_on_a_terminal() {
        let printed = |look, text: &str| {
            let printed = Printed::default();
            Results::new(look, Box::new(printed.clone())).text(text).unwrap();
            printed.text()
        };
        for text in ["", "a", "a\n", "\u{1b}[31m\r\n\u{202e}"] {
            assert_eq!(printed(Look::PLAIN, text), text);
        }
        assert_eq!(printed(COLOURLESS, "a"), "a\n");
        assert_eq!(printed(COLOURLESS, "a\n"), "a\n");
        assert_eq!(printed(COLOURLESS, "\u{1b}[31m\u{202e}"), "\\u{1b}[31m\\u{202e}\n");
    }
}
