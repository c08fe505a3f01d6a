//! The parts that differences of names and of members share.

use unicode_width::UnicodeWidthStr;

use crate::domain::DifferenceKind;
use crate::presentation::cli::show::paint::{Style, paint};
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// A value of this width at most is shown in the line of its name.
pub(super) const SHORT_WIDTH_MAX: usize = 60;
/// The lines below a name.
pub(super) const INDENT: &str = "    ";

/// The sign before a name.
pub(in crate::presentation::cli) fn sign(kind: DifferenceKind, colour: Colour) -> String {
    match kind {
        DifferenceKind::Added => paint(colour, Style::Added, '+'),
        DifferenceKind::Changed => paint(colour, Style::Changed, '~'),
        DifferenceKind::Removed => paint(colour, Style::Removed, '-'),
    }
}

/// Whether a text fits the line of its name, with its escapes.
pub(super) fn is_short(text: &str) -> bool {
    text.len() <= 4 * SHORT_WIDTH_MAX
        && !text.contains('\n')
        && Escaped(text).to_string().width() <= SHORT_WIDTH_MAX
}

/// A head with lines below it.
pub(super) fn indented(head: String, lines: Vec<String>) -> String {
    lines.into_iter().fold(head, |text, line| text + "\n" + INDENT + &line)
}
