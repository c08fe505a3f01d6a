//! The one place where a value becomes what its reader sees of it: as it is, revealed, masked or destroyed.

use std::sync::Arc;

use super::shown::{EventValues, ShownConfig, ShownDifference, ShownRecord, ShownValue};
use crate::application::error::Error;
use crate::application::secrets::{Opened, Secrets};
use crate::domain::{
    Config, ConfigName, ConfigValue, Difference, EncryptedValue, Event, Permission, Principal, Secrecy,
    Value, Version,
};
use crate::infrastructure::store::RecordedEvent;

/// Whether secrets were asked for in clear text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    /// Masked.
    #[default]
    Masked,
    /// In clear text, those that the reader may see.
    Revealed,
}

/// A value with what decides on its release.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    name: &'a ConfigName,
    version: Version,
    value: &'a Value,
    secrecy: Option<Secrecy>,
}

impl<'a> Held<'a> {
    /// The value of a state.
    pub(super) fn of_config(name: &'a ConfigName, config: &'a Config) -> Option<Self> {
        let value = config.value.as_ref()?;
        Some(Self { name, version: config.version, value, secrecy: config.attributes.secrecy() })
    }

    pub(super) fn name(&self) -> &'a ConfigName {
        self.name
    }

    /// The value that an event sets.
    pub(super) fn now(event: &'a Event) -> Option<Self> {
        let (name, version) = (&event.name, event.version);
        Some(Self { name, version, value: event.value()?, secrecy: event.attributes().secrecy() })
    }

    /// The value before an event.
    pub(super) fn before(event: &'a Event) -> Option<Self> {
        let (name, version) = (&event.name, Version::new(event.version.get() - 1));
        Some(Self { name, version, value: event.previous()?, secrecy: event.previous_secrecy() })
    }
}

/// Releases values to one reader.
pub(super) struct Veil<'a> {
    secrets: &'a Secrets,
    principal: &'a Principal,
    wish: Wish,
    opened: Opened,
    /// Secrets that were shown in clear text.
    revealed: std::cell::Cell<u64>,
}

impl<'a> Veil<'a> {
    /// Masks secrets, with the fingerprints that memory has.
    pub(super) fn masking(secrets: &'a Secrets, principal: &'a Principal) -> Self {
        Self { secrets, principal, wish: Wish::Masked, opened: Opened::default(), revealed: 0.into() }
    }

    /// Reads what is needed to release these values: the texts of those to be revealed, the fingerprints of others.
    pub(super) fn over<'v>(
        secrets: &'a Secrets,
        principal: &'a Principal,
        wish: Wish,
        values: impl Iterator<Item = Held<'v>>,
    ) -> Result<Self, Error> {
        let mut veil = Self { wish, ..Self::masking(secrets, principal) };
        let (mut texts, mut fingerprints) = (Vec::new(), Vec::new());
        for held in values {
            let Value::Encrypted(value) = held.value else { continue };
            if secrets.is_shredded(held.name, held.version) {
                continue;
            }
            let wanted: &mut Vec<(&ConfigName, &EncryptedValue)> =
                if veil.reveals(&held) { &mut texts } else { &mut fingerprints };
            wanted.push((held.name, value));
        }
        veil.opened = secrets.open(texts.into_iter())?;
        secrets.recognise(fingerprints.into_iter(), &mut veil.opened)?;
        Ok(veil)
    }

    /// Whether memory has all that masking needs.
    pub(super) fn is_ready(&self, held: &Held<'_>) -> bool {
        !self.covers(held)
            || self.secrets.is_shredded(held.name, held.version)
            || self.secrets.fingerprint_at_once(held.name, held.value).is_some()
    }

    /// Whether a value is a secret.
    pub(super) fn covers(&self, held: &Held<'_>) -> bool {
        held.value.encrypted().is_some() || self.secrets.covers(held.name, held.secrecy)
    }

    /// How many secrets were shown in clear text.
    pub(super) fn revealed(&self) -> u64 {
        self.revealed.get()
    }

    fn reveals(&self, held: &Held<'_>) -> bool {
        self.wish == Wish::Revealed && self.principal.may(Permission::Reveal, held.name)
    }

    fn release(&self, held: Held<'_>) -> ShownValue {
        if self.secrets.is_shredded(held.name, held.version) {
            return ShownValue::Shredded;
        }
        if let (Value::Clear(value), false) = (held.value, self.covers(&held)) {
            return ShownValue::Public(value.clone());
        }
        if !self.reveals(&held) {
            return ShownValue::Masked(self.secrets.fingerprint(held.name, held.value, &self.opened));
        }
        match self.opened.text(held.value) {
            Some(text) => {
                self.revealed.set(self.revealed.get() + 1);
                ShownValue::Revealed(text)
            }
            // Another server has just destroyed its key.
            None => ShownValue::Shredded,
        }
    }

    pub(super) fn config(&self, name: &ConfigName, config: Arc<Config>) -> ShownConfig {
        let value = Held::of_config(name, &config).map(|held| self.release(held));
        ShownConfig::new(config, value)
    }

    /// The state that a writer has made: with the value as it was sent.
    pub(super) fn written(
        &self,
        name: &ConfigName,
        config: Arc<Config>,
        sent: Option<ConfigValue>,
    ) -> ShownConfig {
        match (Held::of_config(name, &config).filter(|held| self.covers(held)), sent) {
            (Some(_), Some(sent)) => ShownConfig::new(config, Some(ShownValue::Revealed(sent))),
            _ => self.config(name, config),
        }
    }

    pub(super) fn event(&self, event: &Event) -> EventValues {
        EventValues {
            now: Held::now(event).map(|held| self.release(held)),
            before: Held::before(event).map(|held| self.release(held)),
        }
    }

    /// An event of a history, which stands at a version of the name.
    pub(super) fn record(&self, recorded: RecordedEvent, version: Version) -> ShownRecord {
        let values = self.event(&recorded.event);
        ShownRecord { recorded, values, version }
    }

    pub(super) fn difference(&self, difference: Difference) -> ShownDifference {
        let Difference { name, kind, from, to } = difference;
        let show = |state: Option<Arc<Config>>| state.map(|config| self.config(&name, config));
        let (from, to) = (show(from), show(to));
        ShownDifference { name, kind, from, to }
    }
}
