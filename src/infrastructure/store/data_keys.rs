//! The keys of encrypted values, as the stores hold them: wrapped, in a table of their own, and the only rows that are ever deleted.
//!
//! A value is readable as long as the row with its id is there. The rows are stored and deleted in the transaction of the
//! change that needs it (contract S1). The log itself has no trace of a key, so that its chain stays whole when a key goes.

use std::fmt;

use crate::domain::ValueId;

/// Which key of a key file has wrapped a data key. It tells nothing of that key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; KeyId::BYTES]);

impl KeyId {
    /// Its length.
    pub const BYTES: usize = 8;
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The wrapped key of one encrypted value.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey {
    /// The value.
    pub value_id: ValueId,
    /// The key that wrapped it.
    pub key_id: KeyId,
    /// The wrapped key.
    pub wrapped: Box<[u8]>,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({:?}, {:?})", self.value_id, self.key_id)
    }
}

/// The data keys that a change brings and takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChanges {
    /// Of values that the change is the first to have.
    pub added: Vec<DataKey>,
    /// Of values that no reader is to have any more.
    pub removed: Vec<ValueId>,
}

impl KeyChanges {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}
