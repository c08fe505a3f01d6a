//! The forms in which programs print a secret: as it is, trimmed, line by line, and in the usual encodings.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The shortest secret that can be masked: a shorter one would be found all over the output.
pub const SECRET_BYTES_MIN: usize = 4;
/// The shortest line of a secret that is masked alone, and the shortest piece of its base64. A shorter one shows little,
/// and is often found elsewhere.
const PART_BYTES_MIN: usize = 8;
/// As `NON_ALPHANUMERIC`, without the characters that RFC 3986 leaves as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Every form of a secret, each once. None of a secret that is too short.
pub(super) fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    let trimmed = secret.trim();
    for whole in [secret, trimmed] {
        if whole.len() < SECRET_BYTES_MIN {
            continue;
        }
        forms.insert(whole.as_bytes().to_vec());
        forms.insert(utf8_percent_encode(whole, NON_ALPHANUMERIC).to_string().into_bytes());
        forms.insert(utf8_percent_encode(whole, RESERVED).to_string().into_bytes());
        if let Ok(json) = serde_json::to_string(whole) {
            forms.insert(json.as_bytes()[1..json.len() - 1].to_vec());
        }
    }
    if forms.is_empty() {
        return forms;
    }
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= PART_BYTES_MIN);
    forms.extend(lines.map(|line| line.as_bytes().to_vec()));
    forms.extend((0..3).flat_map(|shift| in_base64(trimmed, shift)));
    forms
}

/// The characters of base64 that are the same whatever surrounds the secret, if it begins `shift` bytes after a group of
/// three.
fn in_base64(secret: &str, shift: usize) -> impl Iterator<Item = Vec<u8>> {
    let text = [&[0; 3][..shift], secret.as_bytes()].concat();
    // The first character that has bits of the secret alone, and the end of the last one.
    let (first, last) = ((shift * 8).div_ceil(6), text.len() * 8 / 6);
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].into_iter().filter_map(move |alphabet| {
        let encoded = alphabet.encode(&text);
        let fixed = encoded.as_bytes().get(first..last)?;
        (fixed.len() >= PART_BYTES_MIN).then(|| fixed.to_vec())
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::super::{MASK, Secrets, masked};
    use super::*;

    fn hide(secret: &str, text: &str) -> String {
        masked(&Secrets::new([secret]).unwrap(), text)
    }

    #[test]
    fn a_secret_is_found_in_base64_whatever_is_around_it() {
        let secret = "s3cr3t>pass?word";
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", "x", "xy", "xyz"] {
                for alphabet in [STANDARD, URL_SAFE_NO_PAD] {
                    let text = alphabet.encode([before, secret, after].concat());
                    let hidden = hide(secret, &text);
                    // At each side at most one character has bits of the secret.
                    let left = hidden.len() - MASK.len();
                    assert!(
                        hidden.contains(MASK) && left <= (before.len() + after.len()) * 4 / 3 + 6,
                        "{hidden}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_urls_and_in_json() {
        let secret = "p@ss/\"word\"\n";
        assert_eq!(hide(secret, "postgres://u:p%40ss%2F%22word%22@db"), format!("postgres://u:{MASK}@db"));
        assert_eq!(hide(secret, r#"{"password":"p@ss/\"word\"\n"}"#), format!(r#"{{"password":"{MASK}"}}"#));
        assert_eq!(hide("a-b_c.d~e f", "a-b_c.d~e%20f"), MASK);
    }

    #[test]
    fn the_lines_of_a_long_secret_are_masked_too_and_short_lines_are_not() {
        let secret = "-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\n}\r\n";
        assert_eq!(hide(secret, "1: MIIEvQIBADANBg\n2: }\n"), format!("1: {MASK}\n2: }}\n"));
        assert_eq!(hide(secret, secret.trim()), MASK);
    }
}
