//! The colours of results. Text that is painted is already escaped.

use std::fmt::Display;

use crate::runtime::logging::Colour;

/// How a part of a text has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Added,
    Removed,
    Changed,
    /// The words of an added line that the removed line does not have.
    AddedWord,
    /// The words of a removed line that the added line does not have.
    RemovedWord,
    Heading,
    Faint,
}

/// Text in a style, where there are colours.
pub(super) fn paint(colour: Colour, style: Style, text: impl Display) -> String {
    let code = match style {
        Style::Added => "32",
        Style::Removed => "31",
        Style::Changed => "33",
        Style::AddedWord => "7;32",
        Style::RemovedWord => "7;31",
        Style::Heading => "1",
        Style::Faint => "2",
    };
    match colour {
        Colour::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        Colour::Never => text.to_string(),
    }
}
