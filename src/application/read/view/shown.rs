//! States, events and differences as a view releases them, with each secret masked unless its reader may see it and asked.
//!
//! Only a view makes these. They have no way to a value that was not released: a leak does not compile.

use std::sync::Arc;

use crate::domain::{
    Attributes, Config, ConfigName, ConfigValue, DifferenceKind, Event, Place, Revision, Timestamp, Version,
};
use crate::infrastructure::fingerprint::SecretFingerprint;
use crate::infrastructure::store::RecordedEvent;

/// A value, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownValue {
    /// A public value.
    Public(ConfigValue),
    /// A secret in clear text: its reader may reveal it and asked for it, or has just set it.
    Revealed(ConfigValue),
    /// A secret. Its fingerprint tells "the same" from "changed"; none where the server does not have the key.
    Masked(Option<SecretFingerprint>),
    /// It was destroyed.
    Shredded,
}

impl ShownValue {
    /// The text, where it is shown.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Public(value) | Self::Revealed(value) => Some(value.as_str()),
            Self::Masked(_) | Self::Shredded => None,
        }
    }

    /// Whether it is a secret.
    pub fn is_secret(&self) -> bool {
        !matches!(self, Self::Public(_))
    }
}

/// One name's state, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownConfig {
    config: Arc<Config>,
    value: Option<ShownValue>,
}

impl ShownConfig {
    pub(super) fn new(config: Arc<Config>, value: Option<ShownValue>) -> Self {
        Self { config, value }
    }

    /// For tests of what is made from released states: without secrets.
    #[cfg(test)]
    pub(crate) fn released(config: Arc<Config>) -> Self {
        let value = config.value.as_ref().and_then(|value| value.clear().cloned()).map(ShownValue::Public);
        Self { config, value }
    }

    /// The same with another value.
    #[cfg(test)]
    pub(crate) fn with_value(self, value: ShownValue) -> Self {
        Self { value: Some(value), ..self }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn into_config(self) -> Arc<Config> {
        self.config
    }

    /// Whether there is a value.
    pub fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// The value.
    pub fn value(&self) -> Option<&ShownValue> {
        self.value.as_ref()
    }

    /// The value's text, where it is shown.
    pub fn text(&self) -> Option<&str> {
        self.value.as_ref()?.text()
    }

    /// Whether the value is a secret.
    pub fn is_secret(&self) -> bool {
        self.value.as_ref().is_some_and(ShownValue::is_secret)
    }

    /// The attributes of the value.
    pub fn attributes(&self) -> &Attributes {
        &self.config.attributes
    }

    /// How many events the name has.
    pub fn version(&self) -> Version {
        self.config.version
    }

    /// The revision of its last event.
    pub fn revision(&self) -> Revision {
        self.config.revision
    }

    /// The revision of the first set since the name was absent.
    pub fn created(&self) -> Revision {
        self.config.created
    }

    /// The place of its last event's change.
    pub fn place(&self) -> Place {
        self.config.place()
    }

    /// When.
    pub fn updated_at(&self) -> Timestamp {
        self.config.updated_at
    }

    /// By whom.
    pub fn updated_by(&self) -> &str {
        &self.config.updated_by
    }

    /// Why.
    pub fn reason(&self) -> Option<&str> {
        self.config.reason.as_ref().map(crate::domain::Reason::as_str)
    }

    /// About what it holds in memory, in bytes.
    pub fn held_bytes(&self) -> usize {
        let revealed = match &self.value {
            Some(ShownValue::Revealed(value)) => value.as_str().len(),
            _ => 0,
        };
        size_of::<Self>() + self.config.held_bytes() + revealed
    }
}

/// A name with the state that a principal may see.
pub type ShownName = (ConfigName, ShownConfig);

/// Names with the values that a principal may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownListing {
    /// Sorted by their bytes.
    pub items: Vec<ShownName>,
    /// The tag of the list: see [`Listing::newest`](crate::infrastructure::projection::Listing::newest).
    pub newest: Place,
    /// The place of the tree that it was read from.
    pub place: Place,
}

/// The values of an event: the one that it sets, and the one before or the one that it deletes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventValues {
    /// After the event.
    pub now: Option<ShownValue>,
    /// Before it.
    pub before: Option<ShownValue>,
}

impl EventValues {
    /// The values of an event without secrets.
    pub(in crate::application) fn public(event: &Event) -> Self {
        let public = |value: &crate::domain::Value| value.clear().cloned().map(ShownValue::Public);
        Self { now: event.value().and_then(public), before: event.previous().and_then(public) }
    }

    /// Both, in the order in which they are written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.now, &self.before].into_iter().flatten().filter_map(ShownValue::text)
    }
}

/// An event of a history, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRecord {
    pub(super) recorded: RecordedEvent,
    pub(super) values: EventValues,
    /// The version of the name: a shred has that of the last event before it.
    pub(super) version: Version,
}

impl ShownRecord {
    /// For tests of what is made from released events: without secrets.
    #[cfg(test)]
    pub(crate) fn released(recorded: RecordedEvent) -> Self {
        let values = EventValues::public(&recorded.event);
        let version = recorded.event.version;
        Self { recorded, values, version }
    }

    /// The event, with what its reader may see of it.
    pub fn event(&self) -> ShownEvent<'_> {
        let RecordedEvent { event, revision, instant, metadata } = &self.recorded;
        let (values, version) = (self.values.clone(), self.version);
        ShownEvent { event, values, version, revision: *revision, instant: *instant, metadata }
    }

    /// Its place in the name's stream.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether it is a shred, which comes with a version and does not count as one.
    pub fn is_shred(&self) -> bool {
        matches!(self.recorded.event.fact, crate::domain::Fact::Shredded { .. })
    }

    /// About what it holds in memory, in bytes.
    pub fn held_bytes(&self) -> usize {
        let previous = self.recorded.event.previous().map_or(0, crate::domain::Value::stored_bytes);
        size_of::<Self>() + self.recorded.event.bytes() + previous
    }
}

/// An event, as its reader may see it.
#[derive(Clone, Debug)]
pub struct ShownEvent<'a> {
    pub(super) event: &'a Event,
    pub(super) values: EventValues,
    pub(super) version: Version,
    /// Its change's revision.
    pub revision: Revision,
    /// Its change's instant.
    pub instant: Timestamp,
    /// Its change's metadata.
    pub metadata: &'a crate::domain::Metadata,
}

impl ShownEvent<'_> {
    /// The type's name in the contract.
    pub fn event_type(&self) -> &'static str {
        self.event.event_type()
    }

    /// The name that it is about.
    pub fn subject(&self) -> &ConfigName {
        self.event.subject().unwrap_or(&self.event.name)
    }

    /// Its place in the name's stream.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its values.
    pub fn values(&self) -> &EventValues {
        &self.values
    }

    /// The kind of the event, without values.
    pub fn happened(&self) -> Happened<'_> {
        match &self.event.fact {
            crate::domain::Fact::Set { .. } => Happened::Set,
            crate::domain::Fact::Deleted { .. } => Happened::Deleted,
            crate::domain::Fact::Shredded { versions, .. } => Happened::Shredded(versions),
            crate::domain::Fact::Access { .. } => Happened::Access,
        }
    }

    /// The same with other values: to write what is around them.
    #[must_use]
    pub fn with_values(&self, values: EventValues) -> Self {
        Self { values, ..self.clone() }
    }
}

/// The kind of an event, without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened<'a> {
    /// A set.
    Set,
    /// A delete.
    Deleted,
    /// Values of these versions were destroyed.
    Shredded(&'a [Version]),
    /// Access data, which no view releases.
    Access,
}

/// A name's result of a write.
#[derive(Clone, Debug)]
pub struct ShownOutcome {
    /// The name.
    pub name: ConfigName,
    /// Its state after the write, as the writer itself set it.
    pub after: ShownConfig,
    /// What differs from before, where something does and the writer may read the name.
    pub difference: Option<ShownDifference>,
}

/// A name that differs between two states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownDifference {
    /// The name.
    pub name: ConfigName,
    /// How it differs.
    pub kind: DifferenceKind,
    /// Its first state, where it was present.
    pub from: Option<ShownConfig>,
    /// Its second state, where it is present.
    pub to: Option<ShownConfig>,
}

/// The result of a write, for its writer.
#[derive(Clone, Debug)]
pub struct ShownWritten {
    /// The change that it made; none for a dry run and where there was nothing to do.
    pub revision: Option<Revision>,
    /// The revision that it was decided on, or that it made.
    pub head: Revision,
    /// Each name that it touched, in the order of its events. Of a dry run: what would be.
    pub outcomes: Vec<ShownOutcome>,
    /// The versions whose values it destroyed.
    pub shredded: Vec<Version>,
}
