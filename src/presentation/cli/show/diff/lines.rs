//! Texts by lines, and by the words in a line.

use std::time::{Duration, Instant};

use similar::{Algorithm, ChangeTag, DiffOp, DiffTag, InlineChange, TextDiff};

use crate::presentation::cli::show::field::middle_cut;
use crate::presentation::cli::show::paint::{Style, paint};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// The search for the shortest difference ends then. A longer one is right too.
pub(super) const PATIENCE: Duration = Duration::from_millis(200);
/// Values with fewer bytes are compared to the end: the same difference on every machine.
const QUICK_BYTES_MAX: usize = 8 * 1_024;
/// Lines that are printed of one value.
pub(super) const LINES_MAX: usize = 1_000;
/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;
/// A longer line shows the parts that changed, and the beginning and the end of the rest.
const LINE_BYTES_MAX: usize = 1_000;
/// Of a part of a longer line.
const PART_CHARACTERS_MAX: usize = 80;

/// The lines that differ, with some around them.
pub(super) fn between(old: &str, new: &str, colour: Colour) -> Vec<String> {
    let deadline = (old.len() + new.len() > QUICK_BYTES_MAX).then(|| Instant::now() + PATIENCE);
    let mut search = TextDiff::configure();
    search.algorithm(Algorithm::Myers);
    if let Some(deadline) = deadline {
        search.deadline(deadline);
    }
    let compared = search.diff_lines(old, new);
    // A last line differs from the same line with an end: without a word both would look the same.
    let ends_differ = old.ends_with('\n') != new.ends_with('\n');
    let mut lines = Lines::default();
    for group in compared.grouped_ops(CONTEXT_LINES) {
        lines.push(|| paint(colour, Style::Faint, place(&group)));
        for op in &group {
            if lines.are_full() {
                lines.hidden += length(op);
                continue;
            }
            for change in compared.iter_inline_changes_deadline(op, deadline) {
                lines.push(|| line(&change, colour));
                if ends_differ && change.tag() != ChangeTag::Equal && change.missing_newline() {
                    lines.push(|| paint(colour, Style::Faint, "\\ no newline at the end"));
                }
            }
        }
    }
    lines.finish(colour)
}

/// Every line of a value that is added or removed.
pub(super) fn one_side(text: &str, style: Style, sign: char, colour: Colour) -> Vec<String> {
    let mut lines = Lines::default();
    for line in text.split_inclusive('\n') {
        lines.push(|| paint(colour, style, format!("{sign} {}", shown(line, part_max(line)))));
    }
    lines.finish(colour)
}

/// Lines up to the limit, and the number of the others.
#[derive(Default)]
struct Lines {
    shown: Vec<String>,
    hidden: usize,
}

impl Lines {
    fn are_full(&self) -> bool {
        self.shown.len() >= LINES_MAX
    }

    fn push(&mut self, line: impl FnOnce() -> String) {
        if self.are_full() {
            self.hidden += 1;
        } else {
            self.shown.push(line());
        }
    }

    fn finish(mut self, colour: Colour) -> Vec<String> {
        if self.hidden > 0 {
            self.shown.push(paint(colour, Style::Faint, format!("… {} more lines", self.hidden)));
        }
        self.shown
    }
}

/// The lines of a part of a difference.
fn length(op: &DiffOp) -> usize {
    match op.tag() {
        DiffTag::Equal => op.new_range().len(),
        DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => op.old_range().len() + op.new_range().len(),
    }
}

/// `@@ -1,3 +1,4 @@`, as `diff -u` writes it.
fn place(group: &[DiffOp]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let range = |start: usize, end: usize| format!("{},{}", start + 1, end - start);
    format!(
        "@@ -{} +{} @@",
        range(first.old_range().start, last.old_range().end),
        range(first.new_range().start, last.new_range().end)
    )
}

fn line(change: &InlineChange<'_, str>, colour: Colour) -> String {
    let length: usize = change.values().iter().map(|(_, part)| part.len()).sum();
    let part_max = if length > LINE_BYTES_MAX { PART_CHARACTERS_MAX } else { usize::MAX };
    let (sign, style, word) = match change.tag() {
        ChangeTag::Equal => {
            return change
                .values()
                .iter()
                .fold("  ".to_owned(), |text, (_, part)| text + &shown(part, part_max));
        }
        ChangeTag::Delete => ("- ", Style::Removed, Style::RemovedWord),
        ChangeTag::Insert => ("+ ", Style::Added, Style::AddedWord),
    };
    change.values().iter().fold(paint(colour, style, sign), |text, (is_word, part)| {
        let part = shown(part, if *is_word { LINE_BYTES_MAX } else { part_max });
        if part.is_empty() { text } else { text + &paint(colour, if *is_word { word } else { style }, part) }
    })
}

fn part_max(line: &str) -> usize {
    if line.len() > LINE_BYTES_MAX { LINE_BYTES_MAX } else { usize::MAX }
}

/// A part of a line, without the line's end.
fn shown(part: &str, characters_max: usize) -> String {
    middle_cut(&Escaped(part.strip_suffix('\n').unwrap_or(part)).to_string(), characters_max)
}
