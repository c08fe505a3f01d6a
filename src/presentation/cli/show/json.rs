//! The contract's shapes as JSON that a terminal can show.
//!
//! JSON allows characters in a string that move the cursor or change the reading direction. They are written as `\u` escapes,
//! which mean the same to every reader of JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::runtime::printable::is_printable;

/// Writes a shape in its shortest form.
pub(super) fn write(output: &mut impl Write, shape: &impl Serialize) -> io::Result<()> {
    // The error of a failed write keeps its kind.
    shape.serialize(&mut Serializer::with_formatter(output, Printable)).map_err(io::Error::from)
}

struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, output: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, character)| !is_printable(*character)) {
            output.write_all(&rest.as_bytes()[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(output, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        output.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_mean_the_same() {
        let text = "a\u{202e}\"b\\\u{9b}31m\u{7f}\n\u{e0001}é😀";
        let mut written = Vec::new();
        write(&mut written, &text).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert_eq!(written, r#""a\u202e\"b\\\u009b31m\u007f\n\udb40\udc01é😀""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
