//! Who acts, and what they may do: the one decision about access.
//!
//! The view of the store asks [`Principal::may`] for reads, and the log thread asks it for writes, on the head.
//! Nothing else decides. Grants cover names by whole path segments ([`PathPrefix`](super::PathPrefix)). A query's prefix
//! compares bytes; the two must never be mixed (`a_grant_covers_whole_segments`). Names under `.configapi/` belong to
//! the service: no scope but `admin` on everything reaches them (`reserved_names_need_admin_on_everything`).

use std::sync::Arc;

use super::grant::{Effect, Grant, Permission, allow, allow_at, allow_below, allow_throughout};
use super::{ConfigName, PathPrefix, Prefix, Revision};

/// Who acts: an identity and its grants, as the access data said at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name that its changes carry as their actor.
    pub actor: Arc<str>,
    /// The id that recognises it again; none for everybody on an open server.
    pub id: Option<Arc<str>>,
    /// The revision of the access data that the grants come from; 0 where there is none.
    pub access_revision: Revision,
    /// How long it is valid.
    pub standing: Standing,
    grants: Grants,
}

/// How long a principal is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Always: the program that embeds the store, or the holder of the root token.
    Owner,
    /// As long as the log holds no token.
    Anonymous,
    /// As long as the access data say so: its id is a token's.
    Token,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Grants {
    Everything,
    These(Arc<[Grant]>),
}

impl Principal {
    /// The actor's name where nobody has to say who they are.
    pub const ANONYMOUS: &str = "anonymous";
    /// The actor's name, and the id, of the holder of the root token.
    pub const ROOT: &str = "root";

    /// Everybody, on a server that knows no token: may do everything.
    pub fn everybody() -> Self {
        Self { standing: Standing::Anonymous, ..Self::unlimited(Self::ANONYMOUS) }
    }

    /// Somebody without a token on a server that knows tokens: may do nothing.
    pub fn stranger() -> Self {
        Self { grants: Grants::These(Arc::default()), ..Self::everybody() }
    }

    /// The holder of the root token: may do everything.
    pub fn root() -> Self {
        Self::unlimited(Self::ROOT).with_id(Self::ROOT)
    }

    /// An actor that may do everything, such as the program that embeds the store.
    pub fn unlimited(actor: &str) -> Self {
        let (standing, grants) = (Standing::Owner, Grants::Everything);
        Self { actor: actor.into(), id: None, access_revision: Revision::ZERO, standing, grants }
    }

    /// The same principal, recognised again by an id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The holder of a token, who may do what these grants allow and none of them denies.
    pub fn limited(
        actor: impl Into<Arc<str>>,
        id: impl Into<Arc<str>>,
        grants: impl Into<Arc<[Grant]>>,
        access_revision: Revision,
    ) -> Self {
        let (standing, grants) = (Standing::Token, Grants::These(grants.into()));
        Self { actor: actor.into(), id: Some(id.into()), access_revision, standing, grants }
    }

    /// Whether it may do this with this name.
    pub fn may(&self, permission: Permission, name: &ConfigName) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::These(_) if name.is_reserved() => self.administers_everything(),
            Grants::These(grants) => allow(grants, permission, name),
        }
    }

    /// Whether it may do this with every name that begins with these bytes, whether there is one or not. A result
    /// that depends on this alone tells nothing of the names.
    pub fn may_throughout(&self, permission: Permission, prefix: &Prefix) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::These(grants) => allow_throughout(grants, permission, prefix),
        }
    }

    /// Whether it may do this with the prefix itself, as with its schema. Names below it may be out of its reach.
    pub fn may_at(&self, permission: Permission, path: &PathPrefix) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::These(grants) => allow_at(grants, permission, path),
        }
    }

    /// Whether it may do this with every name at or below a prefix.
    pub fn may_below(&self, permission: Permission, path: &PathPrefix) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::These(grants) => allow_below(grants, permission, path),
        }
    }

    /// Whether it has admin on everything: it then also reads the names of the service.
    pub fn administers_everything(&self) -> bool {
        self.may_throughout(Permission::Admin, &Prefix::default())
    }

    /// Whether any name may be there that it may do this with.
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::These(grants) => grants.iter().any(|grant| {
                grant.effect == Effect::Allow
                    && grant.is_of(permission)
                    && !grants.iter().any(|deny| {
                        deny.effect == Effect::Deny
                            && deny.is_of(permission)
                            && deny.path.contains(&grant.path)
                    })
            }),
        }
    }

    /// Whether no name is hidden from it and none is out of its reach: then nothing needs to be filtered.
    pub fn is_unlimited(&self) -> bool {
        self.grants == Grants::Everything
    }

    /// Whether it may do this with this name, and by which of its grants: a deny that forbids it, or the first allow.
    pub fn explain(&self, permission: Permission, name: &ConfigName) -> (bool, Option<&Grant>) {
        let Some(grants) = self.grants() else { return (true, None) };
        let everything = ConfigName::is_reserved(name);
        let concerns = |grant: &&Grant| {
            if everything {
                grant.is_of(Permission::Admin) && grant.path.is_everything()
            } else {
                grant.concerns(permission, name)
            }
        };
        let of = |effect| grants.iter().filter(move |grant| grant.effect == effect).find(concerns);
        (self.may(permission, name), of(Effect::Deny).or_else(|| of(Effect::Allow)))
    }

    /// Its grants; `None` where it may do everything.
    pub fn grants(&self) -> Option<&[Grant]> {
        match &self.grants {
            Grants::Everything => None,
            Grants::These(grants) => Some(grants),
        }
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
    fn reserved_names_need_admin_on_everything() {
        let name = ConfigName::parse(".configapi/tokens/1").unwrap();
        let of = |grants: Vec<Grant>| Principal::limited("ada", "1", grants, Revision::ZERO);
        let everywhere = [Permission::Read, Permission::Write, Permission::Reveal];
        for grants in [
            vec![Grant::allow(at(""), &everywhere)],
            vec![Grant::allow(at(".configapi"), &Permission::ALL)],
            vec![Grant::allow(at(""), &Permission::ALL), Grant::deny(at("a"), &[Permission::Admin])],
        ] {
            assert!(!of(grants).may(Permission::Read, &name));
        }
        assert!(of(vec![Grant::allow(at(""), &[Permission::Admin])]).may(Permission::Read, &name));
        assert!(Principal::everybody().may(Permission::Read, &name));
        assert!(!Principal::stranger().may(Permission::Read, &name));
    }

    #[test]
    fn a_permission_that_is_denied_wherever_it_is_allowed_is_nowhere() {
        let of = |grants: Vec<Grant>| Principal::limited("ada", "1", grants, Revision::ZERO);
        let read = [Permission::Read];
        assert!(of(vec![Grant::allow(at("a"), &read)]).may_somewhere(Permission::Read));
        assert!(!of(vec![Grant::allow(at("a"), &read)]).may_somewhere(Permission::Write));
        let denied = vec![Grant::allow(at("a"), &read), Grant::deny(at(""), &read)];
        assert!(!of(denied).may_somewhere(Permission::Read));
        assert!(!Principal::stranger().may_somewhere(Permission::Read));
    }

    #[test]
    fn a_prefix_is_in_reach_by_itself_or_with_all_below_it() {
        let of = |grants: Vec<Grant>| Principal::limited("ada", "1", grants, Revision::ZERO);
        let admin = [Permission::Admin];
        let one = of(vec![Grant::allow(at("app/a"), &admin), Grant::deny(at("app/a/b/c"), &admin)]);
        for (path, itself, below) in [
            ("", false, false),
            ("app", false, false),
            ("app/ab", false, false),
            ("app/a", true, false),
            ("app/a/b", true, false),
            ("app/a/x", true, true),
            ("app/a/b/c", false, false),
            ("app/a/b/c/d", false, false),
            ("app/a/b/cd", true, true),
        ] {
            assert_eq!(one.may_at(Permission::Admin, &at(path)), itself, "{path}");
            assert_eq!(one.may_below(Permission::Admin, &at(path)), below, "{path}");
            assert!(!one.may_at(Permission::Read, &at(path)), "{path}");
        }
        assert!(Principal::everybody().may_below(Permission::Admin, &at("")));
        assert!(!Principal::stranger().may_at(Permission::Read, &at("")));
    }

    #[test]
    fn everybody_may_do_everything() {
        let everybody = Principal::everybody();
        assert!(everybody.may_throughout(Permission::Write, &Prefix::default()));
        assert!(everybody.is_unlimited());
        assert!(everybody.may(Permission::Write, &ConfigName::parse("a").unwrap()));
    }
}
