//! How many names differ, in all and by folder.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::paint::{Style, paint};
use crate::domain::DifferenceKind;
use crate::runtime::logging::Colour;
use crate::runtime::printable::Escaped;

/// Numbers of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::presentation::cli) struct Counts {
    pub(in crate::presentation::cli) added: usize,
    pub(in crate::presentation::cli) changed: usize,
    pub(in crate::presentation::cli) removed: usize,
}

impl Counts {
    pub(in crate::presentation::cli) fn count(&mut self, kind: DifferenceKind) {
        match kind {
            DifferenceKind::Added => self.added += 1,
            DifferenceKind::Changed => self.changed += 1,
            DifferenceKind::Removed => self.removed += 1,
        }
    }

    /// All of them.
    pub(in crate::presentation::cli) fn total(self) -> usize {
        self.added + self.changed + self.removed
    }

    /// Of a plan: `3 to add, 1 to change, 0 to delete`.
    pub(in crate::presentation::cli) fn planned(self) -> String {
        let Self { added, changed, removed } = self;
        format!("{added} to add, {changed} to change, {removed} to delete")
    }

    /// Of a difference: `3 added, 1 changed, 0 deleted`.
    pub(in crate::presentation::cli) fn done(self) -> String {
        let Self { added, changed, removed } = self;
        format!("{added} added, {changed} changed, {removed} deleted")
    }

    /// `+3 ~1 -2`, without those that are none.
    fn signs(self, colour: Colour) -> String {
        let Self { added, changed, removed } = self;
        let parts =
            [('+', Style::Added, added), ('~', Style::Changed, changed), ('-', Style::Removed, removed)];
        let signs = parts.into_iter().filter(|(_, _, count)| *count > 0);
        let signs = signs.map(|(sign, style, count)| paint(colour, style, format!("{sign}{count}")));
        signs.collect::<Vec<_>>().join(" ")
    }
}

/// `--stat`: the counts of each folder directly under a prefix, and of each name that is in none.
#[derive(Clone, Debug, Default)]
pub(in crate::presentation::cli) struct Stat {
    prefix: String,
    folders: BTreeMap<String, Counts>,
    all: Counts,
}

impl Stat {
    /// Without names, for those under a prefix.
    pub(in crate::presentation::cli) fn under(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..Self::default() }
    }

    pub(in crate::presentation::cli) fn count(&mut self, name: &str, kind: DifferenceKind) {
        let known = if name.starts_with(&self.prefix) { self.prefix.len() } else { 0 };
        let folder = name[known..].find('/').map_or(name, |end| &name[..=known + end]);
        self.all.count(kind);
        match self.folders.get_mut(folder) {
            Some(counts) => counts.count(kind),
            None => self.folders.entry(folder.to_owned()).or_default().count(kind),
        }
    }

    /// In all.
    pub(in crate::presentation::cli) fn all(&self) -> Counts {
        self.all
    }

    /// A line for each folder, and one for all. No end of line.
    pub(in crate::presentation::cli) fn text(&self, colour: Colour) -> String {
        let names = || self.folders.keys().map(|folder| Escaped(folder).to_string());
        let width = names().map(|name| name.width()).max().unwrap_or(0);
        let lines = names().zip(self.folders.values()).map(|(name, counts)| {
            let padding = " ".repeat(width - name.width());
            format!(" {name}{padding}  {}\n", counts.signs(colour))
        });
        lines.chain([format!(" {}", self.all.done())]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_by_the_folder_under_the_prefix() {
        let stat = |prefix| {
            let mut stat = Stat::under(prefix);
            stat.count("app/web/a", DifferenceKind::Added);
            stat.count("app/web/b/c", DifferenceKind::Changed);
            stat.count("app/日本", DifferenceKind::Removed);
            stat.count("app/web/d", DifferenceKind::Added);
            stat
        };
        assert_eq!(
            stat("app/").text(Colour::Never),
            " app/web/  +2 ~1\n app/日本  -1\n 2 added, 1 changed, 1 deleted"
        );
        assert_eq!(stat("").text(Colour::Never), " app/  +2 ~1 -1\n 2 added, 1 changed, 1 deleted");
        assert_eq!(
            stat("").text(Colour::Always).lines().next(),
            Some(" app/  \u{1b}[32m+2\u{1b}[0m \u{1b}[33m~1\u{1b}[0m \u{1b}[31m-1\u{1b}[0m")
        );
        assert_eq!(stat("").all().total(), 4);
    }
}
