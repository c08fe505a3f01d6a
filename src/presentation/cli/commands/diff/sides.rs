//! Two prefixes side by side: their names without the prefix, in one order.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::client::{Difference, DifferenceKind, Error, Item, Items};
use crate::domain::ConfigName;
use crate::presentation::cli::ui::Ui;

/// Two lists that are read at the same pace.
pub(super) struct Sides {
    one: Side,
    other: Side,
    /// Names with a masked secret on both sides. Fingerprints say nothing across names.
    incomparable: u64,
}

struct Side {
    prefix_bytes: usize,
    items: Peekable<Items>,
}

impl Sides {
    /// Each side is a prefix and the names under it.
    pub(super) fn new(one: (&str, Items), other: (&str, Items)) -> Self {
        let side =
            |(prefix, items): (&str, Items)| Side { prefix_bytes: prefix.len(), items: items.peekable() };
        Self { one: side(one), other: side(other), incomparable: 0 }
    }

    /// The next name that differs.
    pub(super) fn next_difference(&mut self) -> Result<Option<Difference>, Error> {
        loop {
            let order = match (self.one.name()?, self.other.name()?) {
                (None, None) => return Ok(None),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.cmp(other),
            };
            let from = if order.is_le() { self.one.take() } else { None };
            let to = if order.is_ge() { self.other.take() } else { None };
            let prefix_bytes = if from.is_some() { self.one.prefix_bytes } else { self.other.prefix_bytes };
            let kind = match (&from, &to) {
                (Some(one), Some(other)) if one.is_masked() && other.is_masked() => {
                    self.incomparable += 1;
                    continue;
                }
                (Some(one), Some(other)) if is_same(one, other) => continue,
                (Some(_), Some(_)) => DifferenceKind::Changed,
                (None, _) => DifferenceKind::Added,
                (Some(_), None) => DifferenceKind::Removed,
            };
            let Some(item) = from.as_ref().or(to.as_ref()) else { continue };
            // A name that is the prefix itself has no other name.
            let name =
                ConfigName::from_log(&item.name()[prefix_bytes..]).unwrap_or_else(|_| item.name.clone());
            return Ok(Some(Difference { name, kind, from, to }));
        }
    }

    /// Says which names were not compared, after the results.
    pub(super) fn say_incomparable(&self, ui: Ui) {
        let secrets = match self.incomparable {
            0 => return,
            1 => "1 secret is".to_owned(),
            more => format!("{more} secrets are"),
        };
        ui.note(&format!("{secrets} on both sides and masked: they can't be compared without --reveal"));
    }
}

impl Side {
    /// The next name, without the prefix.
    fn name(&mut self) -> Result<Option<&str>, Error> {
        match self.items.peek() {
            None => Ok(None),
            Some(Ok(item)) => Ok(Some(&item.name()[self.prefix_bytes..])),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    fn take(&mut self) -> Option<Item> {
        self.items.next()?.ok()
    }
}

fn is_same(one: &Item, other: &Item) -> bool {
    let content = |item: &Item| (item.content_type, item.is_secret(), item.is_shredded());
    one.text() == other.text() && content(one) == content(other)
}
