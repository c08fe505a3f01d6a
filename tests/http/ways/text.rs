//! Texts of responses: what is masked before two worlds are compared, and bodies in chunks.

/// `0` is a digit, `h` a lower-case hexadecimal digit, `a` a letter.
const VARYING: [&str; 3] = ["0000-00-00T00:00:00.000000Z", "0-hhhhhhhh", "aaa, 00 aaa 0000 00:00:00 GMT"];

/// The same with instants, hashes and dates masked: they differ between two worlds whatever is hidden.
pub fn masked(text: &str) -> String {
    VARYING.iter().fold(text.to_owned(), |text, template| mask(&text, template.as_bytes()))
}

fn mask(text: &str, template: &[u8]) -> String {
    let fits = |(pattern, byte): (&u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        b'h' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        other => other == byte,
    };
    let (mut bytes, mut at) = (text.as_bytes().to_vec(), 0);
    while at + template.len() <= bytes.len() {
        if template.iter().zip(&bytes[at..]).all(fits) {
            for (byte, pattern) in bytes[at..].iter_mut().zip(template) {
                // The revision before a hash stays.
                *byte = if *pattern == b'0' && template[0..2] == *b"0-" { *byte } else { b'_' };
            }
            at += template.len();
        } else {
            at += 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A response with the chunks of its body joined.
pub fn without_chunks(response: &str) -> String {
    let Some((head, body)) = response.split_once("\r\n\r\n") else { return response.to_owned() };
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return response.to_owned();
    }
    let (mut joined, mut rest) = (format!("{head}\r\n\r\n"), body);
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        let Some(chunk) = after.get(..length) else { break };
        joined.push_str(chunk);
        rest = after.get(length + 2..).unwrap_or_default();
    }
    joined
}

/// An event stream without its heartbeats, which carry the place that was reached.
pub fn without_heartbeats(stream: &str) -> String {
    let blocks = stream.split_inclusive("\n\n").filter(|block| !block.contains(": heartbeat\n"));
    blocks.collect()
}

#[test]
fn a_mask_leaves_what_must_be_the_same() {
    let text = r#""417-9f3a1c2e" 2026-01-15T10:00:00.000001Z Thu, 15 Jan 2026 10:00:00 GMT 417-x"#;
    let shown = masked(text);
    assert!(shown.starts_with("\"417_________\" ____"), "{shown}");
    assert!(shown.ends_with(" 417-x") && !shown.contains("Jan"), "{shown}");
}
