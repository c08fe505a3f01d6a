//! The rules of a decision beyond the tree: the principal, the secret names, the shredded versions, the policy.

use super::{ConfigName, Policy, Principal, Reason, Version};

/// The policy, and the parts of a request that meet it.
#[derive(Clone, Copy, Debug)]
pub struct Requirements<'a> {
    /// The policy at the head.
    pub policy: &'a Policy,
    /// The reason of the change.
    pub reason: Option<&'a Reason>,
    /// The number of altered names that the request confirms.
    pub confirmed: Option<u64>,
}

/// The names that are secret where their values say nothing about it.
pub trait SecretNames: Send + Sync {
    /// Whether a name is one of them.
    fn mark(&self, name: &ConfigName) -> bool;

    /// Whether there can be such names at all.
    fn mark_any(&self) -> bool {
        true
    }
}

/// No name is secret by itself: an open server, or a policy without patterns.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecretNames;

impl SecretNames for NoSecretNames {
    fn mark(&self, _: &ConfigName) -> bool {
        false
    }

    fn mark_any(&self) -> bool {
        false
    }
}

/// The versions whose values were destroyed.
pub trait Shreds: Send + Sync {
    /// Whether a version of a name is one of them.
    fn has(&self, name: &ConfigName, version: Version) -> bool;
}

/// No version was destroyed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoShreds;

impl Shreds for NoShreds {
    fn has(&self, _: &ConfigName, _: Version) -> bool {
        false
    }
}

/// The rules of a decision beyond the tree.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The principal that asks.
    pub principal: &'a Principal,
    /// The names that are secret where their values say nothing about it.
    pub secret_names: &'a dyn SecretNames,
    /// The versions whose values were destroyed.
    pub shreds: &'a dyn Shreds,
    /// The requirements of the policy, with the reason and the confirmation that meet them; none where there are none.
    pub requirements: Option<Requirements<'a>>,
}

impl<'a> From<&'a Principal> for Rules<'a> {
    /// The rules of a log without a policy and without shreds.
    fn from(principal: &'a Principal) -> Self {
        Self { principal, secret_names: &NoSecretNames, shreds: &NoShreds, requirements: None }
    }
}
