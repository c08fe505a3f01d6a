//! Who acts, and what they may do: the one decision about access.
//!
//! The view of the store asks [`Principal::may`] for reads, and the log thread asks it for writes, on the head.
//! Nothing else decides. A grant covers names by whole path segments: `app/a` covers `app/a` and `app/a/b`, but not
//! `app/ab`. A query's prefix compares bytes; the two must never be mixed (`a_grant_covers_whole_segments`).

use std::sync::Arc;

use super::{ConfigName, PathPrefix, Prefix, Revision};

/// One thing that a principal may do with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Whether a grant of the other permission allows this one too.
    fn is_implied_by(self, other: Self) -> bool {
        self == other || (self, other) == (Self::Read, Self::Reveal)
    }
}

/// An allow or a deny for the names at or below a path. A deny wins over every allow, whatever the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    path: PathPrefix,
    permissions: Box<[Permission]>,
    effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// Who acts: an identity and its grants, as the access data said at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that its changes carry as their actor.
    pub actor: Arc<str>,
    /// The id that recognises it again; none for everybody on an open server.
    pub id: Option<Arc<str>>,
    /// The revision of the access data that the grants come from; 0 where there is none.
    pub access_revision: Revision,
    grants: Grants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Grants {
    Everything,
    These(Box<[Grant]>),
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
        Self { path, permissions: permissions.into(), effect }
    }

    fn concerns(&self, permission: Permission, name: &ConfigName) -> bool {
        self.is_of(permission) && self.path.covers(name)
    }

    /// Whether it is about this permission: an allow of reveal allows reads too, and a deny of read denies reveals too.
    fn is_of(&self, permission: Permission) -> bool {
        let is_of = |held: &Permission| match self.effect {
            Effect::Allow => permission.is_implied_by(*held),
            Effect::Deny => held.is_implied_by(permission),
        };
        self.permissions.iter().any(is_of)
    }
}

impl Principal {
    /// The actor's name where nobody has to say who they are.
    pub const ANONYMOUS: &str = "anonymous";

    /// Everybody, on a server that knows no token: may do everything.
    pub fn everybody() -> Self {
        Self::unlimited(Self::ANONYMOUS)
    }

    /// An actor that may do everything, such as the program that embeds the store.
    pub fn unlimited(actor: &str) -> Self {
        Self { actor: actor.into(), id: None, access_revision: Revision::ZERO, grants: Grants::Everything }
    }

    /// The same principal, recognised again by an id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// An identified principal that may do what these grants allow and none of them denies.
    pub fn limited(actor: &str, id: &str, grants: Vec<Grant>, access_revision: Revision) -> Self {
        let grants = Grants::These(grants.into());
        Self { actor: actor.into(), id: Some(id.into()), access_revision, grants }
    }

    /// Whether it may do this with this name.
    pub fn may(&self, permission: Permission, name: &ConfigName) -> bool {
        let Grants::These(grants) = &self.grants else { return true };
        let has =
            |effect| grants.iter().any(|grant| grant.effect == effect && grant.concerns(permission, name));
        has(Effect::Allow) && !has(Effect::Deny)
    }

    /// Whether it may do this with every name that begins with these bytes, whether there is one or not. A result
    /// that depends on this alone tells nothing of the names.
    pub fn may_throughout(&self, permission: Permission, prefix: &Prefix) -> bool {
        let Grants::These(grants) = &self.grants else { return true };
        let of = |effect| {
            let concerns = |grant: &&Grant| grant.is_of(permission);
            grants.iter().filter(move |grant| grant.effect == effect).filter(concerns)
        };
        of(Effect::Allow).any(|grant| grant.path.covers_all(prefix))
            && !of(Effect::Deny).any(|grant| grant.path.covers_some(prefix))
    }

    /// Whether no name is hidden from it and none is out of its reach: then nothing needs to be filtered.
    pub fn is_unlimited(&self) -> bool {
        self.grants == Grants::Everything
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> PathPrefix {
        PathPrefix::parse(path).unwrap()
    }

    fn may(grants: &[Grant], permission: Permission, name: &str) -> bool {
        let principal = Principal::limited("ada", "1", grants.to_vec(), Revision::ZERO);
        principal.may(permission, &ConfigName::parse(name).unwrap())
    }

    #[test]
    fn a_grant_covers_whole_segments() {
        for path in ["app/a", "app/a/"] {
            let grants = [Grant::allow(at(path), &[Permission::Read])];
            for (name, covered) in [
                ("app/a", true),
                ("app/a/b", true),
                ("app/a/", true),
                ("app/ab", false),
                ("app", false),
                ("app/A", false),
                ("xapp/a", false),
            ] {
                assert_eq!(may(&grants, Permission::Read, name), covered, "{path} {name}");
            }
            assert!(!may(&grants, Permission::Write, "app/a"));
        }
        assert!(may(&[Grant::allow(at(""), &[Permission::Read])], Permission::Read, "anything/at/all"));
        assert!(!may(&[], Permission::Read, "a"));
    }

    #[test]
    fn a_deny_wins_whatever_the_order() {
        let both = [Permission::Read, Permission::Write];
        let mut grants = [
            Grant::deny(at("app/secret"), &[Permission::Read]),
            Grant::allow(at("app"), &both),
            Grant::allow(at("app/secret/mine"), &both),
        ];
        for _ in 0..2 {
            assert!(may(&grants, Permission::Read, "app/a"));
            assert!(!may(&grants, Permission::Read, "app/secret"));
            assert!(!may(&grants, Permission::Read, "app/secret/mine"));
            assert!(may(&grants, Permission::Write, "app/secret/mine"));
            grants.reverse();
        }
    }

    #[test]
    fn a_right_throughout_a_prefix_is_one_for_every_name_that_can_begin_so() {
        let read = [Permission::Read];
        let throughout = |grants: &[Grant], prefix: &str| {
            let principal = Principal::limited("ada", "1", grants.to_vec(), Revision::ZERO);
            principal.may_throughout(Permission::Read, &Prefix::parse(prefix).unwrap())
        };
        let one = [Grant::allow(at("app/a"), &read)];
        for (prefix, expected) in [
            ("app/a/", true),
            ("app/a/b", true),
            ("app/a", false),
            ("app/ab", false),
            ("app", false),
            ("", false),
        ] {
            assert_eq!(throughout(&one, prefix), expected, "{prefix:?}");
        }
        let all_but = [Grant::allow(at(""), &read), Grant::deny(at("app/a"), &read)];
        for (prefix, expected) in [
            ("", false),
            ("app", false),
            ("app/a", false),
            ("app/a/b", false),
            ("app/ab", true),
            ("app/b", true),
            ("b", true),
        ] {
            assert_eq!(throughout(&all_but, prefix), expected, "{prefix:?}");
        }
        assert!(!throughout(&[Grant::allow(at(""), &[Permission::Write])], "a"));
    }

    #[test]
    fn reveal_implies_read_and_admin_implies_nothing() {
        let of = |permission| [Grant::allow(at(""), &[permission])];
        for (held, wanted, expected) in [
            (Permission::Reveal, Permission::Read, true),
            (Permission::Reveal, Permission::Write, false),
            (Permission::Read, Permission::Reveal, false),
            (Permission::Admin, Permission::Read, false),
            (Permission::Admin, Permission::Admin, true),
        ] {
            assert_eq!(may(&of(held), wanted, "a"), expected, "{held:?} {wanted:?}");
        }
        let all = Grant::allow(at(""), &Permission::ALL);
        let denied = |permission| [all.clone(), Grant::deny(at("a"), &[permission])];
        assert!(!may(&denied(Permission::Read), Permission::Reveal, "a"));
        assert!(may(&denied(Permission::Reveal), Permission::Read, "a"));
    }

    #[test]
    fn everybody_may_do_everything() {
        let everybody = Principal::everybody();
        assert!(everybody.may_throughout(Permission::Write, &Prefix::default()));
        assert!(everybody.is_unlimited());
        assert!(everybody.may(Permission::Write, &ConfigName::parse("a").unwrap()));
    }
}
