//! One operation on one name, with its preconditions.

use super::{Attributes, ConfigName, GivenPlace, Permission, Revision, Value};

/// One operation on one name, with what must hold for it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The name.
    pub name: ConfigName,
    /// The action.
    pub action: Action,
    /// Must match (RFC 9110 section 13.1.1).
    pub if_match: Option<Match>,
    /// Must not match (RFC 9110 section 13.1.2).
    pub if_none_match: Option<Match>,
}

/// An action on a name.
#[derive(Clone, Debug)]
pub enum Action {
    /// Set it to a value with these attributes.
    Set {
        /// The value.
        value: Value,
        /// What is said about it. Without a statement about its secrecy it is as secret as the value before.
        attributes: Attributes,
    },
    /// Delete it.
    Delete,
    /// Only look whether the preconditions hold.
    Check,
}

impl Action {
    /// The permission that it needs.
    pub fn permission(&self) -> Permission {
        match self {
            Self::Set { .. } | Self::Delete => Permission::Write,
            Self::Check => Permission::Read,
        }
    }
}

/// The states that a precondition accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Any present value.
    Any,
    /// A value whose last event is at one of these places.
    Places(Vec<GivenPlace>),
}

impl Operation {
    /// Sets a name to a value.
    pub fn set(name: ConfigName, value: impl Into<Value>) -> Self {
        let action = Action::Set { value: value.into(), attributes: Attributes::NONE };
        Self { name, action, if_match: None, if_none_match: None }
    }

    /// Deletes a name.
    pub fn delete(name: ConfigName) -> Self {
        Self { name, action: Action::Delete, if_match: None, if_none_match: None }
    }

    /// Looks only; give it a precondition.
    pub fn check(name: ConfigName) -> Self {
        Self { name, action: Action::Check, if_match: None, if_none_match: None }
    }

    /// The same set with these attributes; a delete and a check have none.
    #[must_use]
    pub fn with_attributes(mut self, given: Attributes) -> Self {
        if let Action::Set { attributes, .. } = &mut self.action {
            *attributes = given;
        }
        self
    }

    /// The same, if the value matches.
    #[must_use]
    pub fn if_match(mut self, wanted: Match) -> Self {
        self.if_match = Some(wanted);
        self
    }

    /// The same, if the value does not match.
    #[must_use]
    pub fn if_none_match(mut self, unwanted: Match) -> Self {
        self.if_none_match = Some(unwanted);
        self
    }

    /// The same, if the value's last event has this revision; 0 means that it must not exist.
    #[must_use]
    pub fn if_revision(self, revision: Revision) -> Self {
        if revision == Revision::ZERO {
            return self.if_none_match(Match::Any);
        }
        self.if_match(Match::Places(vec![revision.into()]))
    }

    /// About how much memory it holds, in bytes, without itself.
    pub(super) fn heap_bytes(&self) -> usize {
        let content = match &self.action {
            Action::Set { value, attributes } => ALLOCATION_BYTES + value.stored_bytes() + attributes.bytes(),
            Action::Delete | Action::Check => 0,
        };
        let conditions = [&self.if_match, &self.if_none_match].into_iter().flatten();
        ALLOCATION_BYTES
            + self.name.as_str().len()
            + content
            + conditions.map(Match::heap_bytes).sum::<usize>()
    }
}

/// The counters of a shared text and the rounding of its allocation, in bytes.
const ALLOCATION_BYTES: usize = 32;

impl Match {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Any => 0,
            Self::Places(places) => ALLOCATION_BYTES + places.capacity() * size_of::<GivenPlace>(),
        }
    }
}
