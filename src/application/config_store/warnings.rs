//! Warnings at a start, of what an operator should put right.

use std::path::PathBuf;

use slog::{Logger, warn};

use crate::domain::{ConfigName, Prefix};
use crate::infrastructure::access::LiveAccess;
use crate::infrastructure::projection::Projection;
use crate::infrastructure::store::EventStore;
use crate::runtime::files::is_open_to_others;

/// Reserved names that a warning lists at most.
const LISTED_MAX: usize = 20;

/// Warns of what the service ignores of its own names: entries of older releases, and what only a newer release can read.
pub(super) fn of_access(access: &LiveAccess, tree: &Projection, logger: &Logger) {
    if access.has_planted() {
        let found = tree.list(&Prefix::reserved(), None, LISTED_MAX).found.items;
        let names = found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ");
        warn!(logger, "values under .configapi/ are ignored: an older release accepted them, delete them"; "names" => names);
    }
    let data = access.data();
    if !data.unreadable().is_empty() {
        let names =
            data.unreadable().iter().take(LISTED_MAX).map(ConfigName::as_str).collect::<Vec<_>>().join(" ");
        warn!(logger, "access data that this release can't read are not in force"; "names" => names);
    }
}

/// Warns of files of the log that other users can open.
pub(super) fn of_files(store: &dyn EventStore, logger: &Logger) {
    let is_open = |path: &PathBuf| path.metadata().is_ok_and(|file| is_open_to_others(&file));
    for file in store.files().into_iter().filter(is_open) {
        warn!(logger, "other users have rights to a file of the log: chmod 600 takes them away";
            "file" => %file.display());
    }
}
