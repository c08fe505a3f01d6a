//! Grants: which permissions a token has, and where.
//!
//! Called by the principal, which decides by them, and by tokens, which carry them. Invariants:
//! `reveal_implies_read_and_admin_implies_nothing`, `a_grant_lies_inside_an_allow_of_the_same_permission`.

use super::{ConfigName, PathPrefix, Prefix};

/// One thing that a principal may do with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// See values, lists, histories, past states, differences and the feed.
    Read,
    /// Set, delete and restore. It does not imply [`Read`](Self::Read).
    Write,
    /// See secrets in clear text. It implies [`Read`](Self::Read).
    Reveal,
    /// Make and end tokens, and set schemas. It implies no other permission.
    Admin,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Reveal, Self::Admin];

    /// The word for it in a scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Reveal => "reveal",
            Self::Admin => "admin",
        }
    }

    /// Reads the word for it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }

    /// Whether a grant of the other permission allows this one too.
    fn is_implied_by(self, other: Self) -> bool {
        self == other || (self, other) == (Self::Read, Self::Reveal)
    }
}

/// An allow or a deny for the names at or below a path. A deny wins over every allow, whatever the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The names that it is for.
    pub path: PathPrefix,
    /// The permissions that it allows or denies, each once, in their order.
    pub permissions: Box<[Permission]>,
    /// Whether it allows or denies.
    pub effect: Effect,
}

/// Whether a grant allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, and wins over every allow.
    Deny,
}

impl Grant {
    /// Allows these permissions at and below a path.
    pub fn allow(path: PathPrefix, permissions: &[Permission]) -> Self {
        Self::new(path, permissions, Effect::Allow)
    }

    /// Denies these permissions at and below a path.
    pub fn deny(path: PathPrefix, permissions: &[Permission]) -> Self {
        Self::new(path, permissions, Effect::Deny)
    }

    fn new(path: PathPrefix, permissions: &[Permission], effect: Effect) -> Self {
        let mut permissions = permissions.to_vec();
        permissions.sort_unstable();
        permissions.dedup();
        Self { path, permissions: permissions.into(), effect }
    }

    pub(super) fn concerns(&self, permission: Permission, name: &ConfigName) -> bool {
        self.is_of(permission) && self.path.covers(name)
    }

    /// Whether it is about this permission: an allow of reveal allows reads too, and a deny of read denies reveals too.
    pub(super) fn is_of(&self, permission: Permission) -> bool {
        let is_of = |held: &Permission| match self.effect {
            Effect::Allow => permission.is_implied_by(*held),
            Effect::Deny => held.is_implied_by(permission),
        };
        self.permissions.iter().any(is_of)
    }

    /// Whether every permission of this allow lies inside an allow of these. A deny takes nothing, and always does.
    pub fn is_inside(&self, others: &[Self]) -> bool {
        let allowed = |permission: &Permission| {
            let mut allows = others.iter().filter(|other| other.effect == Effect::Allow);
            allows.any(|other| other.is_of(*permission) && other.path.contains(&self.path))
        };
        self.effect == Effect::Deny || self.permissions.iter().all(allowed)
    }
}

/// Whether these grants allow a permission for a name.
pub(super) fn allow(grants: &[Grant], permission: Permission, name: &ConfigName) -> bool {
    let has = |effect| grants.iter().any(|grant| grant.effect == effect && grant.concerns(permission, name));
    has(Effect::Allow) && !has(Effect::Deny)
}

/// Whether these grants allow a permission for every name that begins with these bytes.
pub(super) fn allow_throughout(grants: &[Grant], permission: Permission, prefix: &Prefix) -> bool {
    let of = |effect| grants.iter().filter(move |grant| grant.effect == effect && grant.is_of(permission));
    of(Effect::Allow).any(|grant| grant.path.covers_all(prefix))
        && !of(Effect::Deny).any(|grant| grant.path.covers_some(prefix))
}

/// Whether these grants allow a permission at a path itself.
pub(super) fn allow_at(grants: &[Grant], permission: Permission, path: &PathPrefix) -> bool {
    let has = |effect| {
        let mut of = grants.iter().filter(|grant| grant.effect == effect && grant.is_of(permission));
        of.any(|grant| grant.path.contains(path))
    };
    has(Effect::Allow) && !has(Effect::Deny)
}

/// Whether these grants allow a permission at a path and everywhere below it.
pub(super) fn allow_below(grants: &[Grant], permission: Permission, path: &PathPrefix) -> bool {
    let denied = |grant: &Grant| grant.effect == Effect::Deny && grant.is_of(permission);
    allow_at(grants, permission, path)
        && !grants.iter().any(|grant| denied(grant) && path.contains(&grant.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> PathPrefix {
        PathPrefix::parse(path).unwrap()
    }

    #[test]
    fn a_permission_has_one_word() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        }
        for text in ["", "Read", "all", "read "] {
            assert_eq!(Permission::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_grant_lies_inside_an_allow_of_the_same_permission() {
        let held = [
            Grant::allow(at("app"), &[Permission::Reveal, Permission::Admin]),
            Grant::deny(at("app/secret"), &[Permission::Read]),
        ];
        for (grant, expected) in [
            (Grant::allow(at("app"), &[Permission::Read]), true),
            (Grant::allow(at("app/a"), &[Permission::Read, Permission::Reveal]), true),
            (Grant::allow(at("app"), &[Permission::Write]), false),
            (Grant::allow(at("app"), &[Permission::Read, Permission::Write]), false),
            (Grant::allow(at("apple"), &[Permission::Read]), false),
            (Grant::allow(at(""), &[Permission::Read]), false),
            (Grant::deny(at(""), &[Permission::Write]), true),
        ] {
            assert_eq!(grant.is_inside(&held), expected, "{grant:?}");
        }
    }
}
