//! Tokens: named holders of grants, recognised by a secret of which only the digest is known.
//!
//! Kept by the access data. Times come from the caller. Invariants: `a_token_ends_at_its_instant`,
//! `an_old_secret_works_until_its_grace_ends`, `a_delegate_has_no_more_than_its_maker`.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::{Effect, Grant, Permission, Principal, Revision, Timestamp};

/// The public part of a token, which names it: 8 digits and letters. It is never used again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(Arc<str>);

impl TokenId {
    /// How many characters an id has.
    pub const LENGTH: usize = 8;

    /// The one door into the type.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The name of a token: the actor of its changes. 1 to 64 bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenName(Arc<str>);

/// Why a text is not the name of a token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenNameError {
    /// It is empty, too long, or has a control character.
    #[error("the name of a token must have 1 to {} bytes and no control character", TokenName::BYTES_MAX)]
    Text,
    /// `root` and `anonymous` name other actors.
    #[error(
        "the names `{}` and `{}` are reserved: choose another name",
        Principal::ROOT,
        Principal::ANONYMOUS
    )]
    Reserved,
}

impl TokenName {
    /// The longest name, in bytes of UTF-8.
    pub const BYTES_MAX: usize = 64;

    /// The one door into the type.
    pub fn parse(text: &str) -> Result<Self, TokenNameError> {
        if !(1..=Self::BYTES_MAX).contains(&text.len()) || text.contains(char::is_control) {
            return Err(TokenNameError::Text);
        }
        if [Principal::ROOT, Principal::ANONYMOUS].iter().any(|name| name.eq_ignore_ascii_case(text)) {
            return Err(TokenNameError::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digest of a secret that a token is recognised by, and how long it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSecret {
    /// SHA-256 of the secret part of the token.
    pub digest: [u8; 32],
    /// The first instant at which it works no more; none where it lasts as long as the token.
    pub until: Option<Timestamp>,
}

/// A token as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Its name, which no other live token has.
    pub name: TokenName,
    /// Its grants.
    pub grants: Arc<[Grant]>,
    /// The secrets that it is recognised by: one, or two in the grace time of a rotation.
    pub secrets: Vec<TokenSecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The actor that made it.
    pub created_by: Arc<str>,
    /// The first instant at which it works no more; none where it never expires.
    pub expires_at: Option<Timestamp>,
    /// Its purpose, in its maker's words.
    pub note: Option<Arc<str>>,
}

impl Token {
    /// Whether it has not expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The digests of the secrets that work now.
    pub fn digests(&self, now: Timestamp) -> impl Iterator<Item = &[u8; 32]> {
        let is_live = self.is_live(now);
        let works = move |secret: &&TokenSecret| is_live && secret.until.is_none_or(|end| now < end);
        self.secrets.iter().filter(works).map(|secret| &secret.digest)
    }

    /// When this secret works no more; none where it never ends.
    pub fn end_of(&self, digest: &[u8; 32]) -> Option<Timestamp> {
        let secret = self.secrets.iter().find(|secret| secret.digest == *digest);
        let ends = [self.expires_at, secret.and_then(|secret| secret.until)];
        ends.into_iter().flatten().min()
    }

    /// The same with a new secret. The one before works until `keep_until`, or no more.
    #[must_use]
    pub fn rotated(&self, digest: [u8; 32], now: Timestamp, keep_until: Option<Timestamp>) -> Self {
        let mut secrets = vec![TokenSecret { digest, until: None }];
        let newest = self.secrets.first().map(|newest| newest.digest);
        if let (Some(digest), Some(until)) = (newest, keep_until.filter(|until| now < *until)) {
            secrets.push(TokenSecret { digest, until: Some(until) });
        }
        Self { secrets, ..self.clone() }
    }

    /// Its holder, at a revision of the access data.
    pub fn principal(&self, access_revision: Revision) -> Principal {
        let grants = Arc::clone(&self.grants);
        Principal::limited(Arc::clone(&self.name.0), Arc::clone(&self.id.0), grants, access_revision)
    }
}

impl Principal {
    /// Whether it administers a token with these grants: they are no more than its own, and lie inside its admin.
    pub fn administers(&self, grants: &[Grant]) -> bool {
        let Some(own) = self.grants() else { return true };
        let is_denied_too = |deny: &Grant| {
            deny.permissions.iter().all(|permission| {
                let is_met = |grant: &&Grant| grant.effect == Effect::Allow && grant.is_of(*permission);
                let meets =
                    |grant: &Grant| grant.path.contains(&deny.path) || deny.path.contains(&grant.path);
                let covers = |other: &Grant| {
                    other.effect == Effect::Deny
                        && other.is_of(*permission)
                        && other.path.contains(&deny.path)
                };
                !grants.iter().filter(is_met).any(meets) || grants.iter().any(covers)
            })
        };
        self.has(grants) && denies(own).all(is_denied_too)
    }

    /// The grants of a token that it makes: these, with its own denies. `None` where it does not have as much itself.
    pub fn delegate(&self, mut grants: Vec<Grant>) -> Option<Vec<Grant>> {
        if !self.has(&grants) {
            return None;
        }
        for deny in denies(self.grants().unwrap_or_default()) {
            if !grants.contains(deny) {
                grants.push(deny.clone());
            }
        }
        Some(grants)
    }

    /// Whether each of these allows lies inside one of its own, and inside its admin.
    fn has(&self, grants: &[Grant]) -> bool {
        let Some(own) = self.grants() else { return true };
        let is_inside = |grant: &Grant| {
            let admin = Grant::allow(grant.path.clone(), &[Permission::Admin]);
            grant.is_inside(own) && (grant.effect == Effect::Deny || admin.is_inside(own))
        };
        self.may_somewhere(Permission::Admin) && grants.iter().all(is_inside)
    }
}

fn denies(grants: &[Grant]) -> impl Iterator<Item = &Grant> {
    grants.iter().filter(|grant| grant.effect == Effect::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ConfigName, PathPrefix};

    fn at(path: &str) -> PathPrefix {
        PathPrefix::parse(path).unwrap()
    }

    fn instant(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn token() -> Token {
        Token {
            id: TokenId::parse("abcd1234").unwrap(),
            name: TokenName::parse("pipeline").unwrap(),
            grants: vec![Grant::allow(at("app"), &[Permission::Write])].into(),
            secrets: vec![TokenSecret { digest: [1; 32], until: None }],
            created_at: instant(0),
            created_by: "ada".into(),
            expires_at: Some(instant(100)),
            note: None,
        }
    }

    #[test]
    fn ids_and_names_have_their_forms() {
        for text in ["", "abcd123", "abcd12345", "abcd_123", "../../ab", "äbcd123"] {
            assert!(TokenId::parse(text).is_none(), "{text}");
        }
        for text in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(TokenName::parse(text), Err(TokenNameError::Text));
        }
        for text in ["root", "Anonymous"] {
            assert_eq!(TokenName::parse(text), Err(TokenNameError::Reserved));
        }
        assert!(TokenName::parse("Ada's laptop").is_ok());
    }

    #[test]
    fn a_token_ends_at_its_instant() {
        assert!(token().is_live(instant(99)));
        assert!(!token().is_live(instant(100)));
        assert_eq!(token().digests(instant(100)).count(), 0);
        assert_eq!(token().end_of(&[1; 32]), Some(instant(100)));
    }

    #[test]
    fn an_old_secret_works_until_its_grace_ends() {
        let rotated = token().rotated([2; 32], instant(10), Some(instant(20)));
        assert_eq!(rotated.digests(instant(19)).collect::<Vec<_>>(), [&[2; 32], &[1; 32]]);
        assert_eq!(rotated.digests(instant(20)).collect::<Vec<_>>(), [&[2; 32]]);
        assert_eq!(rotated.end_of(&[1; 32]), Some(instant(20)));
        assert_eq!(rotated.end_of(&[2; 32]), Some(instant(100)));
        let again = rotated.rotated([3; 32], instant(11), Some(instant(30)));
        assert_eq!(again.digests(instant(12)).collect::<Vec<_>>(), [&[3; 32], &[2; 32]], "two at most");
        assert_eq!(token().rotated([2; 32], instant(10), None).secrets.len(), 1);
    }

    #[test]
    fn a_delegate_has_no_more_than_its_maker() {
        let own = vec![
            Grant::allow(at("app"), &[Permission::Read, Permission::Admin]),
            Grant::allow(at(""), &[Permission::Write]),
            Grant::deny(at("app/secret"), &[Permission::Read]),
        ];
        let maker = Principal::limited("ada", "1", own, Revision::ZERO);
        let made = maker.delegate(vec![Grant::allow(at("app"), &[Permission::Read])]).unwrap();
        let made = Principal::limited("ben", "2", made, Revision::ZERO);
        for (name, expected) in [("app/a", true), ("app/secret/a", false), ("b", false)] {
            assert_eq!(made.may(Permission::Read, &ConfigName::parse(name).unwrap()), expected, "{name}");
        }
        assert!(maker.delegate(vec![Grant::allow(at("app"), &[Permission::Write])]).is_some());
        assert!(maker.delegate(vec![Grant::allow(at("app"), &[Permission::Reveal])]).is_none());
        assert!(maker.delegate(vec![Grant::allow(at(""), &[Permission::Read])]).is_none());
        // It may write everywhere, and administers only a part of that.
        assert!(maker.delegate(vec![Grant::allow(at("b"), &[Permission::Write])]).is_none());
        assert!(made.delegate(Vec::new()).is_none(), "it isn't an admin");
        assert!(Principal::root().delegate(vec![Grant::allow(at(""), &Permission::ALL)]).is_some());
    }

    #[test]
    fn an_admin_takes_over_no_token_that_has_more_than_its_own() {
        let read_and_admin = [Permission::Read, Permission::Admin];
        let own = vec![
            Grant::allow(at("app"), &read_and_admin),
            Grant::deny(at("app/secret"), &[Permission::Read]),
        ];
        let admin = Principal::limited("ada", "1", own, Revision::ZERO);
        let read = |path| Grant::allow(at(path), &[Permission::Read]);
        let deny = |path| Grant::deny(at(path), &[Permission::Read]);
        for (grants, expected) in [
            (vec![read("app/a")], true),
            (vec![read("app")], false),
            (vec![read("app/secret/a")], false),
            (vec![read("app"), deny("app/secret")], true),
            (vec![read("app"), deny("")], true),
            (vec![read("app"), deny("app/secret/a")], false),
            (vec![Grant::allow(at("app"), &[Permission::Reveal]), deny("app/secret")], false),
            (vec![read("b")], false),
        ] {
            assert_eq!(admin.administers(&grants), expected, "{grants:?}");
        }
        let made = admin.delegate(vec![read("app")]).unwrap();
        assert!(admin.administers(&made), "what it makes it also ends");
    }
}
