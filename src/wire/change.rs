//! Changes, of the feed and of the event stream.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::event::{EventJson, EventParts};
use super::scalar::{self, Instant, some};
use crate::application::ShownChange;
use crate::domain::{Reason, Revision, Timestamp};

/// One atomic act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeJson {
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    #[serde(with = "scalar")]
    pub(crate) created_at: Timestamp,
    pub(crate) actor: String,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Reason>,
    /// True where some events are left out, else absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) partial: Option<bool>,
    pub(crate) events: Vec<EventJson>,
}

/// A change of the feed as the server holds it, with the events that its reader may see.
pub(crate) struct ChangeOf<'a>(pub(crate) &'a ShownChange);

impl Serialize for ChangeOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let events: Vec<_> = self.0.events().collect();
        with_events(self.0, &events.iter().map(EventParts).collect::<Vec<_>>(), serializer)
    }
}

/// Writes a change with these of its events.
pub(super) fn with_events<S: Serializer>(
    change: &ShownChange,
    events: &[EventParts<'_>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let metadata = change.metadata();
    let mut shape = serializer.serialize_struct("Change", 6)?;
    shape.serialize_field("revision", &change.revision().get())?;
    shape.serialize_field("created_at", &Instant(change.instant()))?;
    shape.serialize_field("actor", &*metadata.actor)?;
    shape.serialize_field("reason", &metadata.reason.as_ref().map(Reason::as_str))?;
    if change.is_partial() {
        shape.serialize_field("partial", &true)?;
    }
    shape.serialize_field("events", events)?;
    shape.end()
}
