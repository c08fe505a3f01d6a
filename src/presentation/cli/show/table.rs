//! Rows as a table, as lines of fields or as a JSON array, one after the other in flat memory.
//!
//! A table takes the widths of its columns from its first rows: a list of a million names starts at once. The table
//! crates keep all rows to measure them. Every cell is escaped here.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::field::{cut_to, field};
use super::paint::{Style, paint};
use super::results::Results;
use crate::presentation::cli::error::Failure;
use crate::presentation::cli::show::look::Output;
use crate::runtime::printable::Escaped;

/// Rows that are measured: more than a screen has.
const MEASURED_ROWS: usize = 100;
/// Fewer rows are measured where their cells are longer together.
const MEASURED_BYTES: usize = 1_048_576;
/// A column that is cut has at least this width, on any terminal.
const CUT_WIDTH_MIN: usize = 10;
/// Where no terminal sets a limit, longer values do not push the next column away.
const PADDED_WIDTH_MAX: usize = 60;
/// Of a cell that is cut: more than a terminal shows, also where some have no width.
const CHARACTERS_PER_WIDTH: usize = 4;
const GAP: &str = "  ";

/// How a column uses its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::presentation::cli) enum Fit {
    /// Never cut.
    Whole,
    /// Whole, with its digits below each other.
    Number,
    /// Cut where the terminal ends. A table has one such column at most.
    Cut,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::presentation::cli) struct Column {
    pub(in crate::presentation::cli) head: &'static str,
    pub(in crate::presentation::cli) fit: Fit,
}

/// A column that is never cut.
pub(in crate::presentation::cli) const fn whole(head: &'static str) -> Column {
    Column { head, fit: Fit::Whole }
}

/// A column of numbers.
pub(in crate::presentation::cli) const fn number(head: &'static str) -> Column {
    Column { head, fit: Fit::Number }
}

/// The column that is cut.
pub(in crate::presentation::cli) const fn cut(head: &'static str) -> Column {
    Column { head, fit: Fit::Cut }
}

/// A list on its way to a reader.
pub(in crate::presentation::cli) struct Rows<'r> {
    results: &'r mut Results,
    output: Output,
    columns: &'static [Column],
    /// Rows that are not measured yet.
    waiting: Vec<Vec<String>>,
    waiting_bytes: usize,
    /// None before the first rows are measured.
    widths: Option<Vec<usize>>,
    /// Elements of the JSON array.
    elements: u64,
}

impl<'r> Rows<'r> {
    /// A list without rows.
    pub(in crate::presentation::cli) fn new(
        results: &'r mut Results,
        output: Output,
        columns: &'static [Column],
    ) -> Self {
        Self { results, output, columns, waiting: Vec::new(), waiting_bytes: 0, widths: None, elements: 0 }
    }

    /// Adds a row: the contract's shape, and the texts of its cells, which are as they came.
    pub(in crate::presentation::cli) fn push(
        &mut self,
        shape: &impl Serialize,
        cells: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Json => {
                let before: &[u8] = if self.elements == 0 { b"[\n" } else { b",\n" };
                self.elements += 1;
                self.results.exact(before)?;
                self.results.json_element(shape)
            }
            Output::Plain => {
                let is_terminal = self.results.look().is_terminal();
                let fields: Vec<_> = cells().iter().map(|cell| field(cell, is_terminal)).collect();
                self.results.line(&fields.join("\t"))
            }
            Output::Table => {
                let cells = self.escaped(&cells());
                if self.widths.is_some() {
                    return self.write(&cells);
                }
                self.waiting_bytes += cells.iter().map(String::len).sum::<usize>();
                self.waiting.push(cells);
                let is_enough = self.waiting.len() >= MEASURED_ROWS || self.waiting_bytes >= MEASURED_BYTES;
                if is_enough { self.measure() } else { Ok(()) }
            }
        }
    }

    /// Writes what waits, for a reader that follows.
    pub(in crate::presentation::cli) fn flush(&mut self) -> Result<(), Failure> {
        if !self.waiting.is_empty() {
            self.measure()?;
        }
        self.results.flush()
    }

    /// Ends the list.
    pub(in crate::presentation::cli) fn end(mut self) -> Result<(), Failure> {
        match (self.output, self.elements) {
            (Output::Json, 0) => self.results.line("[]")?,
            (Output::Json, _) => self.results.line("\n]")?,
            (Output::Plain | Output::Table, _) => {}
        }
        self.flush()
    }

    /// The cells without characters that control a terminal, and without those that have no room on it.
    fn escaped(&self, cells: &[String]) -> Vec<String> {
        let escaped = self.columns.iter().zip(cells).map(|(column, cell)| match self.results.look().size {
            Some(size) if column.fit == Fit::Cut => {
                let start: String = cell.chars().take(CHARACTERS_PER_WIDTH * size.columns).collect();
                Escaped(&start).to_string()
            }
            _ => Escaped(cell).to_string(),
        });
        escaped.collect()
    }

    /// Fixes the widths, and writes the heads and the rows that waited.
    fn measure(&mut self) -> Result<(), Failure> {
        let waiting = std::mem::take(&mut self.waiting);
        let is_terminal = self.results.look().is_terminal();
        let width = |(at, column): (usize, &Column)| {
            let cells = waiting.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
            let widest = cells.max().unwrap_or(0);
            let limit = if column.fit == Fit::Cut && !is_terminal { PADDED_WIDTH_MAX } else { usize::MAX };
            widest.min(limit).max(column.head.width())
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        let heads: Vec<String> = self.columns.iter().map(|column| column.head.to_owned()).collect();
        let heads = self.row(&heads, &widths);
        let colour = self.results.look().colour;
        self.results.line(&paint(colour, Style::Heading, heads))?;
        self.widths = Some(widths);
        waiting.iter().try_for_each(|row| self.write(row))
    }

    fn write(&mut self, cells: &[String]) -> Result<(), Failure> {
        let line = self.row(cells, self.widths.as_deref().unwrap_or_default());
        self.results.line(&line)
    }

    fn row(&self, cells: &[String], widths: &[usize]) -> String {
        let columns = || self.columns.iter().zip(cells).zip(widths);
        let taken: usize = columns()
            .filter(|((column, _), _)| column.fit != Fit::Cut)
            .map(|((_, cell), width)| cell.width().max(*width))
            .sum();
        let gaps = GAP.len() * self.columns.len().saturating_sub(1);
        let rest = self.results.look().size.map(|size| size.columns.saturating_sub(taken + gaps));
        let padded = columns().map(|((column, cell), width)| match (column.fit, rest) {
            (Fit::Number, _) => pad_left(cell, *width),
            (Fit::Cut, Some(rest)) => {
                let room = rest.max(CUT_WIDTH_MIN);
                pad_right(&cut_to(cell, room), room.min(*width))
            }
            (Fit::Whole | Fit::Cut, _) => pad_right(cell, *width),
        });
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}

/// Pads by the width that a terminal shows, which is not the number of characters.
fn pad_right(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
}

fn pad_left(cell: &str, width: usize) -> String {
    format!("{}{cell}", " ".repeat(width.saturating_sub(cell.width())))
}

#[cfg(test)]
mod tests;
