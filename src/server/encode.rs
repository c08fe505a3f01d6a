//! Answers as bytes: the head of a response, chunk framing.
//!
//! Called by `respond` and `stream`; appends to the connection's output. The
//! framing fields (`Content-Length`, `Transfer-Encoding`, `Connection`, `Date`) are written here and nowhere
//! else; what a handler sets of them is left out. A field that would break the head's lines makes the whole
//! head an error, and nothing of it is sent.
//!
//! Invariants: `a_header_with_a_line_break_becomes_a_500`, `head_answers_have_the_length_and_no_body`.

use std::borrow::Cow;
use std::io::Write;

use super::parser::{HttpVersion, Persistence, ResponseForm, alphanumeric_or};
use super::reply::Field;

/// How the end of an answer's body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerFraming {
    /// No body by definition of the status (204, 304): no length either.
    Bodiless,
    Sized(u64),
    Chunked,
    /// HTTP/1.0 without a length: the body ends where the connection does.
    UntilClose,
}

/// A field whose name or value holds what must not stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadHeader;

/// Appends status line, fields and the empty line.
pub(super) fn head(
    output: &mut Vec<u8>,
    status: u16,
    headers: &[Field],
    framing: AnswerFraming,
    form: ResponseForm,
    date_line: &[u8],
) -> Result<(), BadHeader> {
    let start = output.len();
    status_line(output, status);
    let (fields_start, mut fields) = (output.len(), 0);
    for (name, value) in headers {
        if is_managed(name) {
            continue;
        }
        // What the program itself calls a field needs no check.
        if matches!(name, Cow::Owned(name) if !is_token(name)) {
            output.truncate(start);
            return Err(BadHeader);
        }
        fields += 1;
        output.extend_from_slice(name.as_bytes());
        output.extend_from_slice(b": ");
        output.extend_from_slice(value.as_bytes());
        output.extend_from_slice(b"\r\n");
    }
    // Each field has the two of its line's end; one more is a value's.
    if controls(&output[fields_start..]) != 2 * fields {
        output.truncate(start);
        return Err(BadHeader);
    }
    output.extend_from_slice(date_line);
    match framing {
        AnswerFraming::Bodiless | AnswerFraming::UntilClose => {}
        AnswerFraming::Sized(length) => {
            output.extend_from_slice(b"Content-Length: ");
            decimal(output, length);
            output.extend_from_slice(b"\r\n");
        }
        AnswerFraming::Chunked => output.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    match (form.persistence, form.version) {
        (Persistence::Close, _) => output.extend_from_slice(b"Connection: close\r\n"),
        (Persistence::KeepAlive, HttpVersion::Http10) => {
            output.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        (Persistence::KeepAlive, HttpVersion::Http11) => {}
    }
    output.extend_from_slice(b"\r\n");
    Ok(())
}

/// Appends one piece of a body.
pub(super) fn piece(output: &mut Vec<u8>, framing: AnswerFraming, bytes: &[u8]) {
    // An empty chunk would be the last one.
    if bytes.is_empty() {
        return;
    }
    if framing == AnswerFraming::Chunked {
        // Writing to a Vec does not fail.
        let _ = write!(output, "{:x}\r\n", bytes.len());
        output.extend_from_slice(bytes);
        output.extend_from_slice(b"\r\n");
    } else {
        output.extend_from_slice(bytes);
    }
}

/// Appends what marks the end of a body.
pub(super) fn end(output: &mut Vec<u8>, framing: AnswerFraming) {
    if framing == AnswerFraming::Chunked {
        output.extend_from_slice(b"0\r\n\r\n");
    }
}

/// Whether a response of this status never has a body (RFC 9110 section 6.4.1).
pub(super) fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

fn status_line(output: &mut Vec<u8>, status: u16) {
    if status == 200 {
        output.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    } else {
        output.extend_from_slice(b"HTTP/1.1 ");
        decimal(output, u64::from(status));
        output.push(b' ');
        output.extend_from_slice(reason(status).as_bytes());
        output.extend_from_slice(b"\r\n");
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        // The reason phrase may be empty (RFC 9112 section 4).
        _ => "",
    }
}

fn is_managed(name: &str) -> bool {
    // By length first: most names are none of these.
    match name.len() {
        4 => name.eq_ignore_ascii_case("date"),
        7 => name.eq_ignore_ascii_case("upgrade") || name.eq_ignore_ascii_case("trailer"),
        10 => name.eq_ignore_ascii_case("connection") || name.eq_ignore_ascii_case("keep-alive"),
        14 => name.eq_ignore_ascii_case("content-length"),
        17 => name.eq_ignore_ascii_case("transfer-encoding"),
        _ => false,
    }
}

/// RFC 9110 section 5.6.2, by byte.
const TOKEN: [bool; 256] = alphanumeric_or(b"!#$%&'*+-.^_`|~");

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| TOKEN[usize::from(byte)])
}

/// How many bytes there are that may not stand in a field's value (RFC 9110 section 5.5). A piece's count fits
/// into a byte, so that many are compared at once.
fn controls(fields: &[u8]) -> usize {
    let is_control = |byte: &u8| *byte != b'\t' && (*byte < b' ' || *byte == 0x7f);
    let count = |piece: &[u8]| piece.iter().fold(0, |count: u8, byte| count + u8::from(is_control(byte)));
    fields.chunks(usize::from(u8::MAX)).map(|piece| usize::from(count(piece))).sum()
}

fn decimal(output: &mut Vec<u8>, number: u64) {
    output.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{AnswerFraming, BadHeader, Field, head};
    use crate::server::parser::ResponseForm;

    fn encoded(headers: &[Field]) -> Result<String, BadHeader> {
        let mut output = Vec::new();
        head(&mut output, 200, headers, AnswerFraming::Sized(2), ResponseForm::UNREADABLE, b"Date: now\r\n")
            .map(|()| String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_header_with_a_line_break_is_an_error() {
        assert_eq!(encoded(&[("X-A".into(), "a\r\nX-B: b".into())]), Err(BadHeader));
        assert_eq!(encoded(&[("X A".to_owned().into(), "a".into())]), Err(BadHeader));
        // Wherever it stands among fields that are longer than what is compared at once.
        for at in [0, 15, 16, 254, 255, 256, 999] {
            let mut value = "x".repeat(1_000);
            value.replace_range(at..=at, "\u{7f}");
            assert_eq!(encoded(&[("X-A".into(), "\t".into()), ("X-B".into(), value.into())]), Err(BadHeader));
        }
        assert!(encoded(&[("X-A".into(), "\t".into()), ("X-B".into(), "é".repeat(500).into())]).is_ok());
    }

    #[test]
    fn the_framing_fields_are_the_servers_own() {
        let text = encoded(&[("content-length".into(), "9".into()), ("connection".into(), "x".into())]);
        assert_eq!(
            text.unwrap(),
            "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        );
    }
}
