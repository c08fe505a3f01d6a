//! Reveals: secrets in clear text for a reader that may see them and asked, each answer with a record in the audit.
//!
//! Nothing is released before the record is written. An answer that is made page by page gets a [`RevealPermit`] before its
//! first page; its record counts the secrets of all pages.

use super::shown::{ShownConfig, ShownName};
use super::veil::{Held, Veil, Wish};
use super::{RevealPermit, View};
use crate::application::error::Error;
use crate::application::read::walk::TreeWalk;
use crate::domain::{ConfigName, Metadata, Permission, Prefix, Revision};
use crate::infrastructure::audit::{RevealRecord, Revealed};
use crate::infrastructure::store::PageLimit;

/// How much of a tree is counted at a time.
const COUNT_PAGE: PageLimit = PageLimit { rows: 10_000, bytes: 16 << 20 };

impl View<'_> {
    /// Whether the principal may see the secrets of a name in clear text.
    pub fn may_reveal(&self, name: &ConfigName) -> bool {
        self.principal.may(Permission::Reveal, name)
    }

    /// A state with its secret in clear text. `metadata` is of the request that asks for it.
    pub fn reveal(
        &self,
        name: &ConfigName,
        shown: ShownConfig,
        metadata: &Metadata,
    ) -> Result<ShownConfig, Error> {
        let version = shown.version();
        let one = vec![(name.clone(), shown)];
        let of = Revealed::Value(name.clone(), version);
        let revealed = self.reveal_all(one, of, metadata)?.pop();
        revealed.map(|(_, config)| config).ok_or(Error::Diverged)
    }

    /// The names of a list with the secrets in clear text that the principal may see so.
    pub fn reveal_list(
        &self,
        items: Vec<ShownName>,
        prefix: &Prefix,
        metadata: &Metadata,
    ) -> Result<Vec<ShownName>, Error> {
        self.reveal_all(items, Revealed::List(prefix.clone()), metadata)
    }

    fn reveal_all(
        &self,
        items: Vec<ShownName>,
        of: Revealed,
        metadata: &Metadata,
    ) -> Result<Vec<ShownName>, Error> {
        let veil = self.revealing(&items)?;
        let show = |(name, shown): ShownName| {
            let config = veil.config(&name, shown.into_config());
            (name, config)
        };
        let items = items.into_iter().map(show).collect();
        self.record(of, veil.revealed(), metadata)?;
        Ok(items)
    }

    /// The same names with their secrets in clear text, of a list that has a permit.
    pub fn reveal_page(&self, items: Vec<ShownName>, _: &RevealPermit) -> Result<Vec<ShownName>, Error> {
        let veil = self.revealing(&items)?;
        let show = |(name, shown): ShownName| {
            let config = veil.config(&name, shown.into_config());
            (name, config)
        };
        Ok(items.into_iter().map(show).collect())
    }

    fn revealing(&self, items: &[ShownName]) -> Result<Veil<'_>, Error> {
        let held = items.iter().filter_map(|(name, shown)| Held::of_config(name, shown.config()));
        Veil::over(self.store.secrets(), self.principal, Wish::Revealed, held)
    }

    /// The permit for a whole list of the past: its secrets are counted first.
    pub fn permit_list(&self, mut walk: TreeWalk, metadata: &Metadata) -> Result<RevealPermit, Error> {
        let (veil, prefix) = (self.masking(), walk.prefix().clone());
        let mut count = 0;
        while !walk.has_ended() {
            let names = self.store.names_at(&mut walk, COUNT_PAGE, &self.lists(&prefix))?;
            let held = names.iter().filter_map(|(name, config)| Held::of_config(name, config));
            let secret = held.filter(|held| veil.covers(held) && self.may_reveal(held.name()));
            count += secret.count() as u64;
        }
        self.record(Revealed::List(prefix), count, metadata)?;
        Ok(RevealPermit(()))
    }

    /// The permit for a history: the record counts its events. None where the principal may not reveal the name, or where
    /// there is nothing to reveal.
    pub fn permit_history(
        &self,
        name: &ConfigName,
        at: Revision,
        limit: usize,
        metadata: &Metadata,
    ) -> Result<Option<RevealPermit>, Error> {
        if !self.may_reveal(name) {
            return Ok(None);
        }
        let now = self.store.get_at(name, at)?.found;
        // A name that ever had a secret goes on saying something about it.
        let stated = now.as_ref().and_then(|config| config.attributes.secrecy());
        if stated.is_none() && !self.store.secrets().covers(name, None) {
            return Ok(None);
        }
        let events = now.map_or(0, |config| config.version.get());
        self.record(Revealed::History(name.clone()), events.min(limit as u64), metadata)?;
        Ok(Some(RevealPermit(())))
    }

    fn record(&self, of: Revealed, count: u64, metadata: &Metadata) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let (time, metadata) = (self.store.now(), metadata.clone());
        self.store.reveals().record(RevealRecord { time, metadata, of, count })
    }
}
