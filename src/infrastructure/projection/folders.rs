//! The newest change in each folder, for the tags of lists.
//!
//! A tag is the place of the newest change in the nearest folder around a prefix, deletes counted. Only folders that
//! have a live name are kept, [`DEPTH_MAX`] levels deep, so that what was deleted takes no memory. Elsewhere the folder
//! above counts, up to the tree, whose newest change is its own place. So a tag depends on the state of the tree alone:
//! every server has the same one, before and after a restart. And it never goes back: a folder that is left out passes to
//! one whose newest change is as new or newer, and one that comes back does so by a change that is the newest of all.

use std::collections::HashMap;

use crate::domain::{ConfigName, Place};

/// Levels of folders that are kept. Below, the folder above counts: a name of 250 levels has no 250 entries.
const DEPTH_MAX: usize = 8;

/// Folders that have a live name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folders {
    by_path: HashMap<Box<str>, Folder>,
}

/// A folder that has a live name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its newest change.
    newest: Place,
    /// Its live names.
    live: usize,
}

/// A name before and after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Live before and after.
    Lives,
    /// Live after.
    Begins,
    /// Live before.
    Ends,
    /// Neither.
    Absent,
}

impl Folders {
    /// Takes in a change of a name, the newest one of all.
    pub(super) fn note(&mut self, name: &ConfigName, place: Place, life: Life) {
        for path in around(name.as_str()) {
            match self.by_path.get_mut(path) {
                Some(folder) => {
                    folder.newest = place;
                    match life {
                        Life::Begins => folder.live += 1,
                        Life::Ends => folder.live -= 1,
                        Life::Lives | Life::Absent => {}
                    }
                    if folder.live == 0 {
                        self.by_path.remove(path);
                    }
                }
                None if life == Life::Begins => {
                    self.by_path.insert(path.into(), Folder { newest: place, live: 1 });
                }
                None => {}
            }
        }
    }

    /// The nearest folder around a prefix that has a live name, and its newest change; none: the tree.
    pub(super) fn nearest<'a>(&self, prefix: &'a str) -> Option<(&'a str, Place)> {
        let kept = |path| self.by_path.get(path).map(|folder| (path, folder.newest));
        // The last is the nearest.
        around(prefix).filter_map(kept).last()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_path.len()
    }
}

/// Makes the folders of names that come in order.
#[derive(Debug, Default)]
pub(super) struct Loading {
    done: Folders,
    /// The folders around the last name, outermost first; what is below one counts for it when it ends.
    open: Vec<(Box<str>, Folder)>,
}

impl Loading {
    /// Takes the next name with its newest change.
    pub(super) fn add(&mut self, name: &ConfigName, newest: Place, is_live: bool) {
        let around: Vec<&str> = around(name.as_str()).collect();
        let mut shared = 0;
        while self.open.get(shared).is_some_and(|(path, _)| around.get(shared) == Some(&&**path)) {
            shared += 1;
        }
        while self.open.len() > shared {
            self.close_last();
        }
        self.open.extend(around[shared..].iter().map(|path| ((*path).into(), Folder::default())));
        if let Some((_, folder)) = self.open.last_mut() {
            folder.take(Folder { newest, live: usize::from(is_live) });
        }
    }

    /// The folders, after the last name.
    pub(super) fn finish(mut self) -> Folders {
        while !self.open.is_empty() {
            self.close_last();
        }
        self.done
    }

    fn close_last(&mut self) {
        let Some((path, folder)) = self.open.pop() else { return };
        if let Some((_, above)) = self.open.last_mut() {
            above.take(folder);
        }
        if folder.live > 0 {
            self.done.by_path.insert(path, folder);
        }
    }
}

impl Folder {
    fn take(&mut self, Self { newest, live }: Self) {
        self.newest = self.newest.max(newest);
        self.live += live;
    }
}

/// The folders around a text, outermost first: `a/` and `a/b/` around `a/b/c`.
fn around(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('/').take(DEPTH_MAX).map(|(at, _)| &text[..=at])
}
