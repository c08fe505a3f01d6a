//! Scopes as they are typed and printed: `PREFIX:read,write`, and `deny PREFIX:write`.
//!
//! The last colon ends the prefix, because a name may have colons.

use std::str::FromStr;

use crate::wire::token::ScopeJson;

/// Help for arguments that are scopes.
pub(super) const ACTIONS: &str = "read, write, reveal, admin";

/// A prefix with actions, of a scope that allows or denies them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScopeArg {
    prefix: String,
    actions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScopeArgError {
    #[error("write PREFIX:ACTION[,ACTION], such as app/web:read,write; an empty PREFIX means everything")]
    NoActions,
    #[error("{0:?} is not an action: use {ACTIONS}")]
    NotAnAction(String),
}

impl FromStr for ScopeArg {
    type Err = ScopeArgError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (prefix, actions) = text.rsplit_once(':').ok_or(ScopeArgError::NoActions)?;
        if actions.is_empty() {
            return Err(ScopeArgError::NoActions);
        }
        let action = |word: &str| {
            let is_one = ACTIONS.split(", ").any(|known| known == word);
            if is_one { Ok(word.to_owned()) } else { Err(ScopeArgError::NotAnAction(word.to_owned())) }
        };
        let actions = actions.split(',').map(action).collect::<Result<_, _>>()?;
        Ok(Self { prefix: prefix.to_owned(), actions })
    }
}

impl ScopeArg {
    /// As a scope that allows.
    pub(super) fn allow(self) -> ScopeJson {
        ScopeJson { prefix: self.prefix, actions: Some(self.actions), deny: None }
    }

    /// As a scope that denies.
    pub(super) fn deny(self) -> ScopeJson {
        ScopeJson { prefix: self.prefix, actions: None, deny: Some(self.actions) }
    }
}

/// A scope in one line, as it is typed.
pub(super) fn text(scope: &ScopeJson) -> String {
    let prefix = &scope.prefix;
    let joined = |actions: &Option<Vec<String>>| actions.as_deref().unwrap_or_default().join(",");
    match &scope.deny {
        Some(_) => format!("deny {prefix}:{}", joined(&scope.deny)),
        None => format!("{prefix}:{}", joined(&scope.actions)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_printed_as_it_is_typed() {
        for typed in [":read,write,reveal,admin", "app/web:read", "a:b:write"] {
            let scope: ScopeArg = typed.parse().unwrap();
            assert_eq!(text(&scope.clone().allow()), typed);
            assert_eq!(text(&scope.deny()), format!("deny {typed}"));
        }
    }

    #[test]
    fn a_wrong_scope_says_what_to_write() {
        assert_eq!("app/web".parse::<ScopeArg>(), Err(ScopeArgError::NoActions));
        assert_eq!("app/web:".parse::<ScopeArg>(), Err(ScopeArgError::NoActions));
        let wrong = "app:read,wirte".parse::<ScopeArg>().unwrap_err();
        assert_eq!(wrong.to_string(), "\"wirte\" is not an action: use read, write, reveal, admin");
    }
}
