//! Planning a revert, on a thread that may block: the names of one change, with their states before it.
//!
//! The log thread needs no plan to confirm it: the command has the change's place, and is decided on the names' last
//! events at the head. A log in which these are still of the change has the same states before it.

use super::repeat::states_at;
use crate::application::error::Error;
use crate::application::read::time_travel::{exchanged, place_of, resolve};
use crate::domain::{
    CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX, Command, ConfigName, Point, Principal, Rejection, Revert, Revision,
};
use crate::infrastructure::store::EventStore;

/// Names whose earlier states are read at a time: their bytes are counted before more are read.
const SLICE_NAMES: usize = 64;

/// The command that undoes a change of the log. A revision beyond the head is [`Error::Behind`].
///
/// A principal that may not ask for it learns nothing of the states.
pub(super) fn plan(
    store: &dyn EventStore,
    revision: Revision,
    principal: &Principal,
) -> Result<Command, Error> {
    let head = store.head()?;
    let revision = resolve(store, Point::Revision(revision), head.revision, head.instant)?;
    let change = place_of(store, revision)?.ok_or_else(exchanged)?;
    let earlier = revision.previous();
    let names = store.names_between(earlier, revision, CHANGE_EVENTS_MAX + 1)?;
    let names: Vec<ConfigName> = names.into_iter().map(|(_, name)| name).collect();
    let before = names.iter().map(|name| (name.clone(), None)).collect();
    let mut revert = Revert { change, before };
    revert.authorize(principal)?;
    let mut bytes = 0;
    for names in names.chunks(SLICE_NAMES) {
        for (name, state) in names.iter().zip(states_at(store, names, earlier)?) {
            let state = state.filter(|state| state.is_present());
            bytes += name.as_str().len() + state.as_ref().map_or(0, |state| state.value_bytes());
            revert.before.insert(name.clone(), state);
        }
        if bytes > CHANGE_BYTES_MAX {
            return Err(Rejection::change_too_large().into());
        }
    }
    // The names and the states are of another log where the change is not the same any more.
    if place_of(store, revision)? != Some(change) {
        return Err(exchanged().into());
    }
    Ok(Command::Revert(revert))
}
