//! JSON of audit records: every character that is not printable is escaped, so that a name or a reason writes to no
//! terminal and turns no line around. The JSON means the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use crate::runtime::printable::is_printable;

/// Writes a record as one line of JSON without its end.
pub(super) fn write(record: &impl Serialize, line: &mut Vec<u8>) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(line, Printable);
    record.serialize(&mut serializer).map_err(io::Error::from)
}

struct Printable;

impl Formatter for Printable {
    /// Characters that JSON itself escapes do not come here.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, line: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, character)| !is_printable(*character)) {
            line.write_all(&rest.as_bytes()[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(line, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        line.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_printable_is_escaped_and_means_the_same() {
        let text = "a\u{202e}b\u{7f}c\u{9b}d\n\"é\u{200b}\u{e0041}😀";
        let mut line = Vec::new();
        write(&text, &mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert_eq!(line, r#""a\u202eb\u007fc\u009bd\n\"é\u200b\udb40\udc41😀""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
