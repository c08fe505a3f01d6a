//! Changes, of the feed and of the event stream.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};

use super::event::EventJson;
use super::scalar::{self, some};
use crate::application::ShownChange;
use crate::domain::{Reason, Revision, Timestamp};

/// One atomic act. `E` are its events: a client reads a list, the server writes them one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeJson<'a, E = Vec<EventJson<'a>>> {
    #[serde(with = "scalar")]
    pub(crate) revision: Revision,
    #[serde(with = "scalar")]
    pub(crate) created_at: Timestamp,
    pub(crate) actor: Cow<'a, str>,
    #[serde(with = "scalar")]
    pub(crate) reason: Option<Cow<'a, Reason>>,
    /// True where some events are left out, else absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub(crate) partial: Option<bool>,
    pub(crate) events: E,
}

/// A change of the feed as the server holds it, with the events that its reader may see.
pub(crate) struct ChangeOf<'a>(pub(crate) &'a ShownChange);

impl Serialize for ChangeOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata = self.0.metadata();
        let change = ChangeJson {
            revision: self.0.revision(),
            created_at: self.0.instant(),
            actor: Cow::Borrowed(&*metadata.actor),
            reason: metadata.reason.as_ref().map(Cow::Borrowed),
            partial: self.0.whole().is_none().then_some(true),
            events: EventsOf(self.0),
        };
        change.serialize(serializer)
    }
}

struct EventsOf<'a>(&'a ShownChange);

impl Serialize for EventsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (revision, instant, metadata) = (self.0.revision(), self.0.instant(), self.0.metadata());
        let shown = |event| EventJson::of(event, revision, instant, metadata);
        serializer.collect_seq(self.0.events().filter_map(shown))
    }
}
