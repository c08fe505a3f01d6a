//! Names that have no value, as the log knows them: deleted ones go on counting their versions.
//!
//! Memory has live names only. Before the log thread decides a batch it looks up all other names of the batch, in one
//! query (`the_unknown_names_of_a_batch_are_one_query`). If every name that ever existed is live, the log is not asked.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{CHANGE_EVENTS_MAX, Command, Config, ConfigName};
use crate::infrastructure::projection::Projection;
use crate::infrastructure::store::{EventStore, Head, StoreError};

/// Names without a value that there have been, with their states.
pub(super) type Recalled = HashMap<ConfigName, Arc<Config>>;

/// The names in these commands that have no value in the tree, as the log knows them at the head.
pub(super) fn recall<'a>(
    commands: impl Iterator<Item = &'a Command>,
    tree: &Projection,
    store: &dyn EventStore,
    head: &Head,
) -> Result<Recalled, StoreError> {
    if tree.live_names() == head.names {
        return Ok(Recalled::new());
    }
    // Each of a restore's that has no value now becomes an event: with more the change is refused, whatever they were.
    let unknown = |command: &'a Command| tree.without_value(command.names(), CHANGE_EVENTS_MAX + 1);
    let mut names: Vec<ConfigName> = commands.flat_map(unknown).cloned().collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(Recalled::new());
    }
    let found = store.recall(&names, head.revision)?;
    let known = names.into_iter().zip(found).filter_map(|(name, config)| Some((name, Arc::new(config?))));
    Ok(known.collect())
}
