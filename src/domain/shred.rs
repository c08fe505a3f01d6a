//! Shreds: destroying the keys of encrypted values, for ever.
//!
//! A restored version has the value of the version that it was restored from, so that both go together. The events stay as
//! they are, and so does the chain.

use super::tree::state;
use super::{
    ConfigName, Event, Fact, Permission, Principal, Rejection, Revision, Rules, Tree, ValueId, Version,
};

/// Destroys values of one name.
#[derive(Clone, Debug)]
pub struct Shred {
    /// The stream of the shred itself: a new one.
    pub stream: ConfigName,
    /// The name.
    pub of: ConfigName,
    /// The versions that were asked for; none for all of them.
    pub wanted: Option<Vec<Version>>,
    /// The versions whose values are destroyed: those that were asked for, and all others with one of the values.
    pub versions: Vec<Version>,
    /// The values.
    pub values: Vec<ValueId>,
    /// The newest version of the name that was looked at: a later one may have one of the values too.
    pub seen: Version,
    /// Whether the current value may be among them.
    pub force: Force,
}

/// Whether a shred may take the current value of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Only values of the past.
    No,
    /// The current one too.
    Yes,
}

impl Shred {
    /// Refuses a principal that may not both administer the name and reveal its secrets.
    pub fn authorize(of: &ConfigName, principal: &Principal) -> Result<(), Rejection> {
        let may = |permission| principal.may(permission, of);
        if may(Permission::Admin) && may(Permission::Reveal) {
            return Ok(());
        }
        Err(Rejection::ForbiddenShred)
    }

    /// Whether the name is as it was when the values were looked up.
    pub fn holds(&self, tree: &dyn Tree) -> bool {
        state(tree, &self.of).version == self.seen
    }

    pub(super) fn decide(&self, tree: &dyn Tree, rules: &Rules<'_>) -> Result<Vec<Event>, Rejection> {
        let left = self.versions.iter().filter(|version| !rules.shreds.has(&self.of, **version));
        let versions: Vec<Version> = left.copied().collect();
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let now = state(tree, &self.of);
        if now.is_present() && self.force == Force::No && versions.contains(&now.version) {
            return Err(Rejection::CurrentVersion { version: now.version });
        }
        let fact = Fact::Shredded { of: self.of.clone(), versions };
        Ok(vec![Event {
            name: self.stream.clone(),
            version: Version::ZERO.next(),
            follows: Revision::ZERO,
            fact,
        }])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Config, EncryptedValue, Shreds};

    struct One(Config);

    impl Tree for One {
        fn config(&self, _: &ConfigName) -> Option<Arc<Config>> {
            Some(Arc::new(self.0.clone()))
        }
    }

    struct First;

    impl Shreds for First {
        fn has(&self, _: &ConfigName, version: Version) -> bool {
            version == Version::new(1)
        }
    }

    fn shred(versions: &[u64], force: Force) -> Shred {
        Shred {
            stream: ConfigName::from_log(".configapi/shreds/1").unwrap(),
            of: ConfigName::parse("app/key").unwrap(),
            wanted: None,
            versions: versions.iter().copied().map(Version::new).collect(),
            values: vec![ValueId([1; 16])],
            seen: Version::new(3),
            force,
        }
    }

    fn tree(is_present: bool) -> One {
        let value = EncryptedValue::assemble(ValueId([1; 16]), &[0; 24], &[0; 16]).unwrap();
        One(Config { value: is_present.then(|| value.into()), version: Version::new(3), ..Config::never() })
    }

    fn decided(shred: &Shred, tree: &One) -> Result<usize, Rejection> {
        let principal = Principal::everybody();
        let rules = Rules { shreds: &First, ..Rules::from(&principal) };
        shred.decide(tree, &rules).map(|events| events.len())
    }

    #[test]
    fn the_current_version_is_taken_by_force_alone() {
        let current = Err(Rejection::CurrentVersion { version: Version::new(3) });
        assert_eq!(decided(&shred(&[2, 3], Force::No), &tree(true)), current);
        assert_eq!(decided(&shred(&[2, 3], Force::Yes), &tree(true)), Ok(1));
        assert_eq!(decided(&shred(&[2], Force::No), &tree(true)), Ok(1));
        assert_eq!(decided(&shred(&[2, 3], Force::No), &tree(false)), Ok(1));
    }

    #[test]
    fn what_was_shredded_is_not_shredded_again() {
        assert_eq!(decided(&shred(&[1], Force::No), &tree(true)), Ok(0));
        assert!(shred(&[1], Force::No).holds(&tree(true)));
    }
}
