//! What a command is decided by beyond the tree: who asks, and what the policy requires.

use super::{Policy, Principal, Reason};

/// The policy, and what a request has that meets it.
#[derive(Clone, Copy, Debug)]
pub struct Requirements<'a> {
    /// The policy at the head.
    pub policy: &'a Policy,
    /// The reason of the change.
    pub reason: Option<&'a Reason>,
    /// The number of altered names that the request confirms.
    pub confirmed: Option<u64>,
}

/// What a command is decided by beyond the tree.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The requirements of the policy, with the reason and the confirmation that meet them; none where there are none.
    pub requirements: Option<Requirements<'a>>,
}

impl<'a> From<&'a Principal> for Rules<'a> {
    /// The rules of a log without a policy and without shreds.
    fn from(principal: &'a Principal) -> Self {
        Self { principal, requirements: None }
    }
}
