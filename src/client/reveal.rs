//! Secrets in clear text where the contract masks them: in diffs and in changes. Each is read by its name at its revision.
//!
//! The server records each read. A token that may not see a secret leaves it masked, and the caller says how many are.

use super::call::Client;
use super::error::Error;
use super::item::{Difference, Item};
use super::list::Read;
use super::log::Event;
use super::past::Ends;
use crate::domain::{ConfigValue, Point, Revision};
use crate::wire::event::DataJson;

impl Client {
    /// Reveals the values of an event. Returns how many stay masked.
    pub(crate) fn reveal_event(&self, event: &mut Event) -> Result<u64, Error> {
        let (name, revision) = (event.name().to_owned(), event.revision);
        let mut masked = 0;
        match &mut event.data {
            DataJson::Set(set) => {
                if set.masked == Some(true) {
                    match self.clear(&name, revision)? {
                        Some(value) => {
                            (set.value, set.masked, set.fingerprint) = (Some(value), None, None);
                        }
                        None => masked += 1,
                    }
                }
                if set.old_masked == Some(true) {
                    match self.clear(&name, revision.previous())? {
                        Some(value) => {
                            (set.old_value, set.old_masked, set.old_fingerprint) = (Some(value), None, None);
                        }
                        None => masked += 1,
                    }
                }
            }
            DataJson::Deleted(deleted) if deleted.masked == Some(true) => {
                match self.clear(&name, revision.previous())? {
                    Some(value) => {
                        (deleted.deleted_value, deleted.masked, deleted.fingerprint) =
                            (Some(value), None, None);
                    }
                    None => masked += 1,
                }
            }
            DataJson::Deleted(_) | DataJson::Shredded(_) => {}
        }
        Ok(masked)
    }

    /// Reveals both sides of a difference. Returns how many stay masked.
    pub(crate) fn reveal_difference(&self, difference: &mut Difference, ends: Ends) -> Result<u64, Error> {
        let mut masked = 0;
        for (side, at) in [(&mut difference.from, ends.from), (&mut difference.to, ends.to)] {
            let Some(item) = side.as_mut().filter(|item| item.is_masked()) else { continue };
            match self.revealed(item.name(), at)? {
                Some(revealed) => *item = revealed,
                None => masked += 1,
            }
        }
        Ok(masked)
    }

    fn clear(&self, name: &str, at: Revision) -> Result<Option<ConfigValue>, Error> {
        Ok(self.revealed(name, at)?.and_then(|item| item.value).flatten())
    }

    /// The state of a name with its secret; none where the token may not see it.
    fn revealed(&self, name: &str, at: Revision) -> Result<Option<Item>, Error> {
        let read = Read { at: Some(Point::Revision(at)), ..Read::revealed() };
        match self.get_with(name, &read) {
            Err(Error::Refused(problem)) if problem.kind() == "/problems/reveal-required" => Ok(None),
            found => found,
        }
    }
}
