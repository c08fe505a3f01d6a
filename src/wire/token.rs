//! Tokens: what makes them, how they are shown, and what they may do.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::policy::AppliedPolicyJson;
use super::scalar::{self, present};
use crate::domain::{Effect, Grant, PathPrefix, Permission, Timestamp, Token};

/// A token to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenJson<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) scopes: Vec<ScopeJson>,
    /// A humantime duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_in: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<Cow<'a, str>>,
}

impl NewTokenJson<'_> {
    /// How a problem describes the body to send.
    pub(crate) const SHAPE: &'static str = "an object with `name`, a string, and `scopes`, an array of objects with `prefix` and `actions` or `deny`, and \
         with `expires_in` and `note`, strings, if there are any";
}

/// An allow (`actions`) or a deny for the names at and below a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeJson {
    pub(crate) prefix: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deny: Option<Vec<String>>,
}

impl ScopeJson {
    /// A grant as a scope.
    pub(crate) fn of(grant: &Grant) -> Self {
        let words = Some(grant.permissions.iter().map(|permission| permission.as_str().to_owned()).collect());
        let prefix = grant.path.as_str().to_owned();
        match grant.effect {
            Effect::Allow => Self { prefix, actions: words, deny: None },
            Effect::Deny => Self { prefix, actions: None, deny: words },
        }
    }

    /// The scope of a principal that may do everything.
    pub(crate) fn everything() -> Self {
        Self::of(&Grant::allow(PathPrefix::default(), &Permission::ALL))
    }

    /// The scope as a grant; a text that says what to correct if it is none.
    pub(crate) fn grant(&self) -> Result<Grant, String> {
        let path = PathPrefix::parse(&self.prefix).map_err(|error| format!("correct its prefix: {error}"))?;
        let (words, effect) = match (&self.actions, &self.deny) {
            (Some(words), None) => (words, Effect::Allow),
            (None, Some(words)) => (words, Effect::Deny),
            (Some(_), Some(_)) => return Err("give it `actions` or `deny`, not both".into()),
            (None, None) => return Err("give it `actions` or `deny`".into()),
        };
        if words.is_empty() {
            return Err("name one action at least".into());
        }
        let permission = |word: &String| {
            Permission::parse(word).ok_or("use the actions `read`, `write`, `reveal` and `admin`")
        };
        let permissions = words.iter().map(permission).collect::<Result<Vec<_>, _>>()?;
        Ok(match effect {
            Effect::Allow => Grant::allow(path, &permissions),
            Effect::Deny => Grant::deny(path, &permissions),
        })
    }
}

/// A new secret for a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateJson<'a> {
    /// A humantime duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keep_old_for: Option<Cow<'a, str>>,
}

impl RotateJson<'_> {
    /// How a problem describes the body to send.
    pub(crate) const SHAPE: &'static str =
        "an object with `keep_old_for`, a duration such as \"1h\", or an empty object, or no body";
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenJson {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<ScopeJson>,
    #[serde(with = "scalar")]
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    #[serde(with = "scalar")]
    pub(crate) expires_at: Option<Timestamp>,
    /// On the server that says so, to the minute.
    #[serde(with = "scalar")]
    pub(crate) last_used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::some")]
    pub(crate) note: Option<String>,
    /// The token itself, where it was just made.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::some")]
    pub(crate) token: Option<String>,
    /// When the secret before it works no more, where it was just rotated.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub(crate) old_token_until: Option<Timestamp>,
    /// Says that every request needs a token from now on, where the server was open until then.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "scalar::some")]
    pub(crate) server_closed: Option<bool>,
}

impl TokenJson {
    /// A token of the log.
    pub(crate) fn of(token: &Token, last_used_at: Option<Timestamp>) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.as_str().to_owned(),
            scopes: token.grants.iter().map(ScopeJson::of).collect(),
            created_at: token.created_at,
            created_by: token.created_by.as_ref().to_owned(),
            expires_at: token.expires_at,
            last_used_at,
            note: token.note.as_deref().map(str::to_owned),
            token: None,
            old_token_until: token.secrets.get(1).and_then(|old| old.until),
            server_closed: None,
        }
    }
}

/// Who sent the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WhoAmIJson {
    pub(crate) name: String,
    /// None of an anonymous one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) id: Option<String>,
    pub(crate) scopes: Vec<ScopeJson>,
    #[serde(with = "scalar")]
    pub(crate) expires_at: Option<Timestamp>,
}

/// What a token may do with a name, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExplainedJson {
    pub(crate) name: String,
    /// The id of the token; none of an anonymous principal.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) token: Option<String>,
    pub(crate) actions: ActionsJson,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) secret_pattern: Option<String>,
    /// The prefix of the schema.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) schema: Option<String>,
    pub(crate) policy: AppliedPolicyJson,
}

/// Each action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ActionsJson {
    pub(crate) read: DecidedJson,
    pub(crate) write: DecidedJson,
    pub(crate) reveal: DecidedJson,
    pub(crate) admin: DecidedJson,
}

/// Whether an action is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DecidedJson {
    pub(crate) allowed: bool,
    /// The scope that decides; none where no scope of the token is about it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) by: Option<ScopeJson>,
}
