//! What a command is decided by beyond the tree: who asks, and what the policy requires.

use super::{Principal, Requirements};

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
