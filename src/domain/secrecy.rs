//! Which values are secret: the one rule.
//!
//! A value says so itself, or says that it is not, or says nothing. Where it says nothing, the policy's patterns of now
//! decide, so that they also cover values from before them. A set that says nothing takes over what the version before
//! said, across a delete too. A secret version says so from then on, whatever becomes of the pattern that made it secret.
//! A restore never makes a secret public.

use super::{Attributes, ConfigName, Permission, Rejection, Rules, Secrecy, SecretNames};

/// Whether a value that states this about itself is secret.
pub fn is_secret(name: &ConfigName, stated: Option<Secrecy>, names: &dyn SecretNames) -> bool {
    match stated {
        Some(secrecy) => secrecy == Secrecy::Secret,
        None => names.mark(name),
    }
}

/// The attributes that a set stores, which states `attributes`, on a state.
///
/// Only a principal that may reveal the name makes a secret public, or keeps a later pattern from it.
pub(super) fn of_set(
    name: &ConfigName,
    attributes: &Attributes,
    before: Option<Secrecy>,
    rules: &Rules<'_>,
) -> Result<Attributes, Rejection> {
    let was_secret = is_secret(name, before, rules.secret_names);
    let secrecy = match attributes.secrecy() {
        Some(Secrecy::Secret) => Some(Secrecy::Secret),
        Some(Secrecy::Open) if rules.principal.may(Permission::Reveal, name) => Some(Secrecy::Open),
        Some(Secrecy::Open) if was_secret => return Err(Rejection::RevealRequired { operation: None }),
        _ => before.or(was_secret.then_some(Secrecy::Secret)),
    };
    Ok(attributes.with_secrecy(secrecy))
}

/// The statement of a name that gets an earlier state back.
pub(super) fn of_restore(
    name: &ConfigName,
    then: Option<Secrecy>,
    now: Option<Secrecy>,
    names: &dyn SecretNames,
) -> Option<Secrecy> {
    let is_any_secret = is_secret(name, then, names) || is_secret(name, now, names);
    if is_any_secret { Some(Secrecy::Secret) } else { then.or(now) }
}

/// A name, its statements, and patterns that mark it or not: of the tests here and in `tree`.
#[cfg(test)]
pub(super) mod fixture {
    use super::{ConfigName, Secrecy, SecretNames};

    /// Marks every name or none.
    pub(in crate::domain) struct Marks(pub(in crate::domain) bool);

    impl SecretNames for Marks {
        fn mark(&self, _: &ConfigName) -> bool {
            self.0
        }
    }

    pub(in crate::domain) const ALL: [Option<Secrecy>; 3] =
        [None, Some(Secrecy::Open), Some(Secrecy::Secret)];

    pub(in crate::domain) fn name() -> ConfigName {
        ConfigName::parse("app/key").unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{ALL, Marks, name};
    use super::*;
    use crate::domain::{Grant, NoShreds, PathPrefix, Principal, Revision};

    fn saying(secrecy: Option<Secrecy>) -> Attributes {
        Attributes::NONE.with_secrecy(secrecy)
    }

    fn writer() -> Principal {
        Principal::limited(
            "ada",
            "1",
            vec![Grant::allow(PathPrefix::default(), &[Permission::Write])],
            Revision::ZERO,
        )
    }

    fn set(
        stated: Option<Secrecy>,
        before: Option<Secrecy>,
        marks: bool,
        principal: &Principal,
    ) -> Result<Option<Secrecy>, Rejection> {
        let rules =
            Rules { principal, secret_names: &Marks(marks), shreds: &NoShreds, ..Rules::from(principal) };
        let stored = of_set(&name(), &saying(stated), before, &rules);
        stored.map(|attributes| attributes.secrecy())
    }

    #[test]
    fn a_value_is_secret_if_it_says_so_or_if_it_says_nothing_and_a_pattern_covers_it() {
        for (secrecy, marks, expected) in [
            (None, false, false),
            (None, true, true),
            (Some(Secrecy::Secret), false, true),
            (Some(Secrecy::Open), true, false),
        ] {
            assert_eq!(is_secret(&name(), secrecy, &Marks(marks)), expected, "{secrecy:?} {marks}");
        }
    }

    #[test]
    fn a_set_that_says_nothing_takes_over_what_was_said_before() {
        for before in ALL {
            assert_eq!(set(None, before, false, &writer()), Ok(before));
        }
        assert_eq!(set(None, None, true, &writer()), Ok(Some(Secrecy::Secret)));
        assert_eq!(set(None, Some(Secrecy::Open), true, &writer()), Ok(Some(Secrecy::Open)));
    }

    #[test]
    fn only_a_principal_that_may_reveal_makes_a_secret_public() {
        let refused = Err(Rejection::RevealRequired { operation: None });
        let (open, everybody) = (Some(Secrecy::Open), Principal::everybody());
        assert_eq!(set(open, Some(Secrecy::Secret), false, &writer()), refused);
        assert_eq!(set(open, None, true, &writer()), refused);
        // A later pattern still covers it.
        assert_eq!(set(open, None, false, &writer()), Ok(None));
        for (before, marks) in [(Some(Secrecy::Secret), false), (None, true), (None, false)] {
            assert_eq!(set(open, before, marks, &everybody), Ok(open));
        }
    }
}
