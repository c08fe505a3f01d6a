//! The differences between two states of a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Config, ConfigName};

/// One name that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name.
    pub name: ConfigName,
    /// How it differs.
    pub kind: DifferenceKind,
    /// Its state in the first tree, where it was present.
    pub from: Option<Arc<Config>>,
    /// Its state in the second tree, where it is present.
    pub to: Option<Arc<Config>>,
}

/// How a name differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Present in the second tree only.
    Added,
    /// Another value, or other attributes.
    Changed,
    /// Present in the first tree only.
    Removed,
}

impl Difference {
    /// Compares one name's states; the same value set again isn't a difference.
    pub fn of(name: &ConfigName, from: Option<&Arc<Config>>, to: Option<&Arc<Config>>) -> Option<Self> {
        let present = |config: Option<&Arc<Config>>| config.filter(|config| config.is_present()).cloned();
        let (from, to) = (present(from), present(to));
        let kind = match (&from, &to) {
            (None, Some(_)) => DifferenceKind::Added,
            (Some(_), None) => DifferenceKind::Removed,
            (Some(before), Some(after)) if !before.has_content_of(after) => DifferenceKind::Changed,
            _ => return None,
        };
        Some(Self { name: name.clone(), kind, from, to })
    }
}

/// Compares two trees, in the order of the names.
pub fn difference(
    from: &BTreeMap<ConfigName, Arc<Config>>,
    to: &BTreeMap<ConfigName, Arc<Config>>,
) -> Vec<Difference> {
    let mut names: Vec<&ConfigName> = from.keys().chain(to.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(|name| Difference::of(name, from.get(name), to.get(name))).collect()
}
