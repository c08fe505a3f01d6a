//! Planning a shred, on a thread that may block: which values the versions of a name have, and which others share them.
//!
//! The log thread decides it on the head. Where the name has a later version than was looked at, the plan has moved.

use std::collections::{BTreeMap, BTreeSet};

use crate::application::error::Error;
use crate::application::secrets::SHREDS_PREFIX;
use crate::domain::{Command, ConfigName, Fact, Force, Principal, Rejection, Shred, Value, ValueId, Version};
use crate::infrastructure::store::{EventStore, HistoryPage, Order, PageLimit};

/// Events that are read at a time.
const PAGE: PageLimit = PageLimit { rows: 1_000, bytes: 8 << 20 };

/// The command that destroys values of a name: of these versions, or of all of them.
pub(super) fn plan(
    store: &dyn EventStore,
    of: &ConfigName,
    wanted: Option<Vec<Version>>,
    force: Force,
    principal: &Principal,
) -> Result<Command, Error> {
    Shred::authorize(of, principal)?;
    let found = read(store, of)?;
    if found.seen == Version::ZERO {
        return Err(Rejection::NeverExisted.into());
    }
    let asked = wanted.clone().unwrap_or_else(|| found.sets.keys().copied().collect());
    let mut values = BTreeSet::new();
    for version in asked {
        match found.sets.get(&version) {
            Some(Some(value)) => drop(values.insert(*value)),
            Some(None) => return Err(Rejection::NotEncrypted { version }.into()),
            None => return Err(Rejection::NoSuchVersion { version }.into()),
        }
    }
    let shares = |value: &Option<ValueId>| value.is_some_and(|value| values.contains(&value));
    let versions =
        found.sets.iter().filter(|(_, value)| shares(value)).map(|(version, _)| *version).collect();
    let stream = format!("{SHREDS_PREFIX}{}", uuid::Uuid::now_v7().simple());
    let stream = ConfigName::from_log(&stream).map_err(|error| Error::Misconfigured(error.to_string()))?;
    let (of, values) = (of.clone(), values.into_iter().collect());
    Ok(Command::Shred(Shred { stream, of, wanted, versions, values, seen: found.seen, force }))
}

/// The versions of a name that are sets, with the ids of encrypted values, and its newest version.
struct Found {
    sets: BTreeMap<Version, Option<ValueId>>,
    seen: Version,
}

fn read(store: &dyn EventStore, of: &ConfigName) -> Result<Found, Error> {
    let at = store.head()?.revision;
    let mut found = Found { sets: BTreeMap::new(), seen: Version::ZERO };
    let mut page = HistoryPage { order: Order::OldestFirst, after: None, at, limit: PAGE };
    loop {
        let events = store.history(of, &page)?;
        let Some(last) = events.last() else { return Ok(found) };
        found.seen = last.event.version;
        page.after = Some(found.seen);
        for recorded in events {
            if let Fact::Set { value, .. } = recorded.event.fact {
                let id = match value {
                    Value::Encrypted(value) => Some(value.id()),
                    Value::Clear(_) => None,
                };
                found.sets.insert(recorded.event.version, id);
            }
        }
    }
}
