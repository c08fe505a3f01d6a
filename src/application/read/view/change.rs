//! A change as a principal may see it. Only the view makes one.

use std::sync::Arc;

use crate::application::read::feed::Published;
use crate::domain::{Event, Metadata, Permission, Place, Prefix, Principal, Revision, Timestamp};

/// A change with those of its events that a principal may see: one at least.
#[derive(Clone, Debug)]
pub struct ShownChange {
    published: Arc<Published>,
    /// The places of the visible events; `None` where all are visible.
    visible: Option<Box<[usize]>>,
}

impl ShownChange {
    /// The change, for a principal; `None` where none of its events under the prefix is visible.
    pub(super) fn of(published: &Arc<Published>, prefix: &Prefix, principal: &Principal) -> Option<Self> {
        let events = &published.change.events;
        let visible: Option<Box<[usize]>> = (!principal.is_unlimited()).then(|| {
            let may_read = |place: &usize| principal.may(Permission::Read, &events[*place].name);
            (0..events.len()).filter(may_read).collect()
        });
        // Seen to be all of them: the change is whole.
        let visible = visible.filter(|places| places.len() < events.len());
        let change = Self { published: Arc::clone(published), visible };
        change.concerns(prefix).then_some(change)
    }

    pub(super) fn concerns(&self, prefix: &Prefix) -> bool {
        self.events().any(|event| prefix.covers(&event.name))
    }

    /// The bytes of its visible names and values.
    pub(super) fn bytes(&self) -> usize {
        let value = |event: &Event| event.value().map_or(0, |value| value.as_str().len());
        self.events().map(|event| event.name.as_str().len() + value(event)).sum()
    }

    #[cfg(test)]
    pub(crate) fn whole_of(change: crate::domain::Change) -> Self {
        use crate::infrastructure::store::{Hash, seal};
        Self { published: Published::new(seal(Hash([0; 32]), change, [0; 16])), visible: None }
    }

    /// The change as it was published, with nothing in it that its principal may not see.
    pub fn whole(&self) -> Option<&Arc<Published>> {
        self.visible.is_none().then_some(&self.published)
    }

    /// The change's revision.
    pub fn revision(&self) -> Revision {
        self.published.change.revision
    }

    /// The change's place in the log.
    pub fn place(&self) -> Place {
        self.published.place()
    }

    /// When the change was recorded.
    pub fn instant(&self) -> Timestamp {
        self.published.change.instant
    }

    /// Who made the change, and why.
    pub fn metadata(&self) -> &Metadata {
        &self.published.change.metadata
    }

    /// The visible events, in their order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        let events = &self.published.change.events;
        let count = self.visible.as_ref().map_or(events.len(), |places| places.len());
        (0..count).filter_map(move |at| events.get(self.visible.as_ref().map_or(at, |places| places[at])))
    }
}
