//! Tokens as the log holds them: the JSON of an entry `.configapi/tokens/<id>`.
//!
//! An entry with a member that this release does not know is not read: a newer release may limit a token by it. Such a
//! token works nowhere here (`an_entry_that_may_say_more_is_not_a_token`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Effect, Grant, PathPrefix, Permission, Timestamp, Token, TokenId, TokenName, TokenSecret,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenEntry {
    name: String,
    scopes: Vec<ScopeEntry>,
    secrets: Vec<SecretEntry>,
    created_at: String,
    created_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A grant: `actions` are allowed, or `deny` are denied.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeEntry {
    prefix: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deny: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretEntry {
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// The text of a token's entry.
pub(super) fn text_of(token: &Token) -> String {
    let scope = |grant: &Grant| {
        let words = grant.permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
        let (actions, deny) = match grant.effect {
            Effect::Allow => (Some(words), None),
            Effect::Deny => (None, Some(words)),
        };
        ScopeEntry { prefix: grant.path.as_str().to_owned(), actions, deny }
    };
    let secret = |secret: &TokenSecret| SecretEntry {
        sha256: hex(&secret.digest),
        until: secret.until.map(|until| until.to_string()),
    };
    let entry = TokenEntry {
        name: token.name.as_str().to_owned(),
        scopes: token.grants.iter().map(scope).collect(),
        secrets: token.secrets.iter().map(secret).collect(),
        created_at: token.created_at.to_string(),
        created_by: token.created_by.as_ref().to_owned(),
        expires_at: token.expires_at.map(|end| end.to_string()),
        note: token.note.as_deref().map(str::to_owned),
    };
    // Texts always have a JSON form.
    serde_json::to_string(&entry).unwrap_or_default()
}

/// The token of an entry; `None` if this release can't read all of it.
pub(super) fn read(id: TokenId, text: &str) -> Option<Token> {
    let entry: TokenEntry = serde_json::from_str(text).ok()?;
    let instant = |text: &String| Timestamp::parse(text).ok();
    let secret = |entry: &SecretEntry| {
        let until = match &entry.until {
            Some(text) => Some(instant(text)?),
            None => None,
        };
        Some(TokenSecret { digest: digest(&entry.sha256)?, until })
    };
    Some(Token {
        id,
        name: TokenName::parse(&entry.name).ok()?,
        grants: entry.scopes.iter().map(grant).collect::<Option<Arc<[_]>>>()?,
        secrets: entry.secrets.iter().map(secret).collect::<Option<_>>()?,
        created_at: instant(&entry.created_at)?,
        created_by: entry.created_by.into(),
        expires_at: match &entry.expires_at {
            Some(text) => Some(instant(text)?),
            None => None,
        },
        note: entry.note.map(Into::into),
    })
}

fn grant(entry: &ScopeEntry) -> Option<Grant> {
    let path = PathPrefix::parse(&entry.prefix).ok()?;
    let permissions =
        |words: &[String]| words.iter().map(|word| Permission::parse(word)).collect::<Option<Vec<_>>>();
    match (&entry.actions, &entry.deny) {
        (Some(words), None) => Some(Grant::allow(path, &permissions(words)?)),
        (None, Some(words)) => Some(Grant::deny(path, &permissions(words)?)),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let pairs = text.as_bytes().chunks(2);
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = concat!(
        r#"{"name":"pipeline","scopes":[{"prefix":"app","actions":["read","write"]},"#,
        r#"{"prefix":"app/secret","deny":["read"]}],"#,
        r#""secrets":[{"sha256":"0101010101010101010101010101010101010101010101010101010101010101"},"#,
        r#"{"sha256":"0202020202020202020202020202020202020202020202020202020202020202","#,
        r#""until":"2026-01-15T11:00:00.000000Z"}],"#,
        r#""created_at":"2026-01-15T10:00:00.000000Z","created_by":"root","#,
        r#""expires_at":"2026-02-15T10:00:00.000000Z","note":"nightly"}"#
    );

    fn id() -> TokenId {
        TokenId::parse("abcd1234").unwrap()
    }

    #[test]
    fn an_entry_is_written_as_it_was_read() {
        let token = read(id(), ENTRY).unwrap();
        assert_eq!(token.secrets[1].digest, [2; 32]);
        assert_eq!(text_of(&token), ENTRY);
        let least = r#"{"name":"a","scopes":[],"secrets":[],"created_at":"2026-01-15T10:00:00.000000Z","created_by":"root"}"#;
        assert_eq!(text_of(&read(id(), least).unwrap()), least);
    }

    #[test]
    fn an_entry_that_may_say_more_is_not_a_token() {
        for (from, to) in [
            (r#""note":"nightly""#, r#""addresses":["10.0.0.1"]"#),
            (r#""deny":["read"]"#, r#""deny":["reed"]"#),
            (r#""deny":["read"]"#, r#""deny":["read"],"actions":["write"]"#),
            (r#","deny":["read"]"#, ""),
            (r#""prefix":"app""#, r#""prefix":"/""#),
            ("0101", "01g1"),
            ("0101", "01"),
            ("2026-02-15T10:00:00.000000Z", "soon"),
            ("pipeline", "root"),
        ] {
            assert!(ENTRY.contains(from), "{from}");
            assert!(read(id(), &ENTRY.replacen(from, to, 1)).is_none(), "{to}");
        }
        assert!(read(id(), "null").is_none());
    }
}
