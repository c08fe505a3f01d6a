//! A change as a principal may see it. Only the view makes one.

use std::sync::Arc;

use super::shown::{EventValues, ShownEvent};
use super::veil::{Held, Veil};
use crate::application::read::feed::Published;
use crate::domain::{ConfigName, Event, Metadata, Permission, Place, Prefix, Principal, Revision, Timestamp};

/// A change with those of its events that a principal may see: one at least.
#[derive(Clone, Debug)]
pub struct ShownChange {
    published: Arc<Published>,
    /// The places of the visible events; `None` where all are visible.
    visible: Option<Box<[usize]>>,
    /// The values of the visible events; `None` where none of them is a secret.
    values: Option<Box<[EventValues]>>,
}

/// Whether a principal may see an event in a feed of a prefix. The service's own names are in those of their own alone.
fn may_read(event: &Event, prefix: &Prefix, principal: &Principal) -> bool {
    let shows = |name: &ConfigName| prefix.is_reserved() || !name.is_reserved();
    event.subject().is_some_and(|name| shows(name) && principal.may(Permission::Read, name))
}

/// The values of an event.
fn held(event: &Event) -> impl Iterator<Item = Held<'_>> {
    [Held::now(event), Held::before(event)].into_iter().flatten()
}

/// The values of the events that a principal may see.
pub(super) fn visible_values<'a>(
    published: &'a Published,
    prefix: &Prefix,
    principal: &Principal,
) -> impl Iterator<Item = Held<'a>> {
    published.change.events.iter().filter(move |event| may_read(event, prefix, principal)).flat_map(held)
}

impl ShownChange {
    /// The change, for a principal; `None` where none of its events under the prefix is visible.
    pub(super) fn of(
        published: &Arc<Published>,
        prefix: &Prefix,
        principal: &Principal,
        veil: &Veil<'_>,
    ) -> Option<Self> {
        let events = &published.change.events;
        let visible = (!events.iter().all(|event| may_read(event, prefix, principal))).then(|| {
            (0..events.len())
                .filter(|place| may_read(&events[*place], prefix, principal))
                .collect::<Box<[_]>>()
        });
        let mut change = Self { published: Arc::clone(published), visible, values: None };
        if !change.concerns(prefix) {
            return None;
        }
        if change.visible_events().flat_map(held).any(|held| veil.covers(&held)) {
            change.values = Some(change.visible_events().map(|event| veil.event(event)).collect());
        }
        Some(change)
    }

    /// Whether the fingerprints of its secrets were in memory.
    pub(super) fn is_ready(&self, prefix: &Prefix, principal: &Principal, veil: &Veil<'_>) -> bool {
        self.values.is_none()
            || visible_values(&self.published, prefix, principal).all(|held| veil.is_ready(&held))
    }

    fn visible_events(&self) -> impl Iterator<Item = &Event> {
        let events = &self.published.change.events;
        let count = self.visible.as_ref().map_or(events.len(), |places| places.len());
        (0..count).filter_map(move |at| events.get(self.visible.as_ref().map_or(at, |places| places[at])))
    }

    pub(super) fn concerns(&self, prefix: &Prefix) -> bool {
        self.visible_events().filter_map(Event::subject).any(|name| prefix.covers(name))
    }

    /// Its size on a page, in bytes, as if it had only its visible events.
    pub(crate) fn page_bytes(&self) -> usize {
        self.metadata().page_bytes() + self.visible_events().map(Event::page_bytes).sum::<usize>()
    }

    #[cfg(test)]
    pub(crate) fn whole_of(change: crate::domain::Change) -> Self {
        use crate::infrastructure::store::{Hash, seal};
        Self { published: Published::new(seal(Hash([0; 32]), change, [0; 16])), visible: None, values: None }
    }

    /// The change as it was published, if all of it may be seen by everybody: without secrets.
    pub fn whole(&self) -> Option<&Arc<Published>> {
        (self.visible.is_none() && self.values.is_none()).then_some(&self.published)
    }

    /// Whether some of its events are left out.
    pub fn is_partial(&self) -> bool {
        self.visible.is_some()
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
    pub fn events(&self) -> impl Iterator<Item = ShownEvent<'_>> {
        self.visible_events().enumerate().map(|(at, event)| self.show(at, event))
    }

    /// The visible event at a place among them.
    pub fn event(&self, at: usize) -> Option<ShownEvent<'_>> {
        let place = self.visible.as_ref().map_or(Some(at), |places| places.get(at).copied());
        self.published.change.events.get(place?).map(|event| self.show(at, event))
    }

    fn show<'a>(&'a self, at: usize, event: &'a Event) -> ShownEvent<'a> {
        let values = self.values.as_ref().and_then(|values| values.get(at)).cloned();
        let values = values.unwrap_or_else(|| EventValues::public(event));
        let change = &self.published.change;
        let (revision, instant, metadata) = (change.revision, change.instant, &change.metadata);
        ShownEvent { event, values, version: event.version, revision, instant, metadata }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::secrets::Secrets;
    use crate::domain::{
        Attributes, Change, Config, ConfigName, ConfigValue, Fact, Grant, NoSecretNames, PathPrefix, Version,
    };
    use crate::infrastructure::store::{EventStore, Hash, SqliteStore, seal};

    fn name(text: &str) -> ConfigName {
        ConfigName::parse(text).unwrap()
    }

    /// A change with a value, a shred of another one, and access data.
    fn published() -> Arc<Published> {
        let value = ConfigValue::parse("1", 10).unwrap();
        let event = |text: &str, fact| Event {
            name: name(text),
            version: Version::new(1),
            follows: Revision::ZERO,
            fact,
        };
        let events = vec![
            Config::never().set(&name("app/a"), value.clone(), Attributes::NONE),
            event(".configapi/shreds/1", Fact::Shredded { of: name("app/b"), versions: Vec::new() }),
            event(".configapi/tokens/1", Fact::Access { entry: Some(value) }),
        ];
        let (instant, metadata) = (Timestamp::from_micros(0), Metadata::of("ada"));
        let change = Change { revision: Revision::new(1), instant, metadata, idempotency: None, events };
        Published::new(seal(Hash([0; 32]), change, [0; 16]))
    }

    fn seen(prefix: &str, principal: &Principal) -> Vec<String> {
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::in_memory().unwrap());
        let secrets = Secrets::load(&store, None, Arc::new(NoSecretNames)).unwrap();
        let veil = Veil::masking(&secrets, principal);
        let shown = ShownChange::of(&published(), &Prefix::parse(prefix).unwrap(), principal, &veil);
        let whole = shown.as_ref().is_some_and(|change| change.whole().is_some());
        assert!(!whole, "access data is left out for everybody");
        let events = shown.iter().flat_map(ShownChange::events);
        events.map(|event| event.subject().to_string()).collect()
    }

    #[test]
    fn access_data_is_shown_to_nobody_and_a_shred_under_the_name_that_it_is_about() {
        let everybody = Principal::everybody();
        assert_eq!(seen("", &everybody), ["app/a", "app/b"]);
        assert_eq!(seen("app/b", &everybody), ["app/a", "app/b"]);
        assert!(seen(".configapi/", &everybody).is_empty());
        let limited = |path| {
            let grants = vec![Grant::allow(PathPrefix::parse(path).unwrap(), &[Permission::Read])];
            Principal::limited("bob", "1", grants, Revision::ZERO)
        };
        assert_eq!(seen("", &limited("app/b")), ["app/b"]);
        assert!(seen("", &limited(".configapi")).is_empty());
    }
}
