//! Items and differences, for programs: `wire` has the shapes.

pub use crate::domain::DifferenceKind;
pub use crate::wire::difference::DifferenceJson as Difference;
pub use crate::wire::item::ItemJson as Item;

use crate::domain::{Revision, Timestamp, Version};

impl Item {
    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The value; none of a secret that is masked, of a destroyed one, and where values were left out.
    pub fn text(&self) -> Option<&str> {
        self.value.as_ref()?.as_ref().map(crate::domain::ConfigValue::as_str)
    }

    /// Whether it is a secret.
    pub fn is_secret(&self) -> bool {
        self.secret == Some(true)
    }

    /// Whether it is a secret whose value was not revealed.
    pub fn is_masked(&self) -> bool {
        self.masked == Some(true)
    }

    /// Whether its value was destroyed.
    pub fn is_shredded(&self) -> bool {
        self.shredded == Some(true)
    }

    /// The revision of its newest change.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The place in the history of its name, from 1.
    pub fn version(&self) -> Version {
        self.version
    }

    /// When it was changed.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// The token that changed it.
    pub fn updated_by(&self) -> &str {
        &self.updated_by
    }

    /// Why it was changed, where that was said.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(crate::domain::Reason::as_str)
    }
}

impl Difference {
    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether it was added, changed or removed.
    pub fn kind(&self) -> DifferenceKind {
        self.kind
    }

    /// Its state before; none of an added one.
    pub fn from(&self) -> Option<&Item> {
        self.from.as_ref()
    }

    /// Its state after; none of a removed one.
    pub fn to(&self) -> Option<&Item> {
        self.to.as_ref()
    }
}
