//! Tokens as their holders have them: `cfgapi_<id 8><secret 43><checksum 6>`.
//!
//! All three parts are base62 with fixed widths, so that scanners find tokens in files and check them. The checksum is
//! a CRC-32 over everything before it. The secret is 256 random bits, and needs no salt: the log holds its SHA-256.
//! The form can't change: `a_token_has_the_form_that_scanners_know` holds it to `tests/vectors/tokens.json`.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::domain::TokenId;

/// The beginning of every token.
const PREFIX: &str = "cfgapi_";
/// The digits of base62, by their values.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 is the first power of 62 above 2^256.
const SECRET_LENGTH: usize = 43;
/// 62^6 is the first power of 62 above 2^32.
const CHECKSUM_LENGTH: usize = 6;
/// The length of a token, in characters.
const LENGTH: usize = PREFIX.len() + TokenId::LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH;

/// A token with its secret. It is shown once, when it is made, and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

impl TokenText {
    /// A new token with this id.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(id: &TokenId) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self::of(id, secret))
    }

    fn of(id: &TokenId, mut secret: [u8; 32]) -> Self {
        let mut text = format!("{PREFIX}{id}");
        text.push_str(&base62(&mut secret, SECRET_LENGTH));
        let mut checksum = crc32fast::hash(text.as_bytes()).to_be_bytes();
        text.push_str(&base62(&mut checksum, CHECKSUM_LENGTH));
        Self(text)
    }

    /// The id and the digest of the secret of a token; `None` for a text that is not a token. Costs the same for every
    /// token.
    pub fn read(text: &str) -> Option<(TokenId, [u8; 32])> {
        let rest = text.strip_prefix(PREFIX).filter(|_| text.len() == LENGTH && text.is_ascii())?;
        let (id, rest) = rest.split_at(TokenId::LENGTH);
        let (secret, checksum) = rest.split_at(SECRET_LENGTH);
        let mut expected = crc32fast::hash(&text.as_bytes()[..LENGTH - CHECKSUM_LENGTH]).to_be_bytes();
        let is_whole = base62(&mut expected, CHECKSUM_LENGTH) == checksum;
        let is_base62 = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_whole && is_base62).then(|| Some((TokenId::parse(id)?, digest(secret))))?
    }

    /// The digest of its secret, as the log holds it.
    pub fn digest(&self) -> [u8; 32] {
        let from = PREFIX.len() + TokenId::LENGTH;
        digest(&self.0[from..from + SECRET_LENGTH])
    }

    /// The token itself, for its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText")
    }
}

/// A new id.
///
/// # Errors
/// The system has no random numbers.
pub fn new_id() -> Result<TokenId, getrandom::Error> {
    loop {
        // 62^8 is below 2^48: of so many bits the draws that would favour some digits are drawn again.
        let drawn = getrandom::u64()? >> 16;
        let mut bytes = drawn.to_be_bytes();
        if drawn < 62_u64.pow(8)
            && let Some(id) = TokenId::parse(&base62(&mut bytes, TokenId::LENGTH))
        {
            return Ok(id);
        }
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A big-endian number in base62, filled with zeros. The number is used up.
fn base62(number: &mut [u8], length: usize) -> String {
    let mut digits = vec![DIGITS[0]; length];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in number.iter_mut() {
            let value = (rest << 8) | u16::from(*byte);
            let [_, quotient] = (value / 62).to_be_bytes();
            // All of it: the rest before it was below 62.
            *byte = quotient;
            rest = value % 62;
        }
        *digit = DIGITS[usize::from(rest)];
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn a_token_has_the_form_that_scanners_know() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/vectors/tokens.json")).unwrap();
        for vector in vectors.as_array().unwrap() {
            let text = |member: &str| vector[member].as_str().unwrap();
            let id = TokenId::parse(text("id")).unwrap();
            let token = TokenText::of(&id, hex(text("secret_bits")).try_into().unwrap());
            assert_eq!(token.reveal(), text("token"));
            let digest = token.digest();
            assert_eq!(digest.as_slice(), hex(text("sha256")));
            assert_eq!(TokenText::read(token.reveal()), Some((id, digest)));
        }
    }

    #[test]
    fn a_text_that_is_not_a_token_is_refused() {
        let token = TokenText::new(&new_id().unwrap()).unwrap();
        let token = token.reveal();
        assert!(TokenText::read(token).is_some());
        for at in 0..token.len() {
            let mut other = token.as_bytes().to_vec();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            assert!(TokenText::read(str::from_utf8(&other).unwrap()).is_none(), "byte {at}");
            assert!(TokenText::read(&token[..at]).is_none(), "cut at {at}");
        }
        for text in ["", "cfgapi_", &format!("{token} "), &"é".repeat(32), &"x".repeat(100_000)] {
            assert!(TokenText::read(text).is_none());
        }
    }

    #[test]
    fn a_token_is_not_in_its_debug_text() {
        let token = TokenText::new(&new_id().unwrap()).unwrap();
        assert_eq!(format!("{token:?}"), "TokenText");
    }
}
