//! The model: a list of changes, and a map of now. Written from the contract, not from the code.

use std::collections::BTreeMap;

use super::{Action, Condition, NAMES, VALUES, Wish};

/// A name now or then; no value: it is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub value: Option<String>,
    pub version: u64,
    pub revision: u64,
    pub actor: String,
}

pub type Tree = BTreeMap<String, Held>;

/// An event: a name, its version, the value before, the value after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub revision: u64,
    pub name: String,
    pub version: u64,
    pub before: Option<String>,
    pub after: Option<String>,
    pub actor: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NeverExisted,
    AlreadyDeleted,
    /// With the name's current revision.
    Precondition(u64),
    /// Each operation's place and its name's current revision.
    Failed(Vec<(usize, u64)>),
    /// Each name that has changed since, and its current revision.
    Overwritten(Vec<(String, u64)>),
}

/// Names with their values after.
pub type Events = Vec<(String, Option<String>)>;

#[derive(Debug, Default)]
pub struct Plain {
    /// The tree after each revision, from 0.
    trees: Vec<Tree>,
    pub happened: Vec<Happened>,
}

impl Plain {
    pub fn head(&self) -> u64 {
        self.trees.len() as u64
    }

    /// A revision so many back, 0 at least.
    pub fn back(&self, revisions: usize) -> u64 {
        self.head().saturating_sub(revisions as u64)
    }

    pub fn tree(&self, at: u64) -> Tree {
        let at = usize::try_from(at).expect("a small number");
        if at == 0 { Tree::new() } else { self.trees[at - 1].clone() }
    }

    /// The newest revision in the nearest folder around a prefix with a live name, or of all.
    pub fn tag(&self, prefix: &str) -> u64 {
        let tree = self.now();
        let mut folders = prefix.rmatch_indices('/').map(|(at, _)| &prefix[..=at]);
        let under = |folder: &str| {
            let held = tree.iter().filter(|(name, _)| name.starts_with(folder)).map(|(_, held)| held);
            held.collect::<Vec<_>>()
        };
        let is_live = |folder: &&str| under(folder).iter().any(|held| held.value.is_some());
        let nearest = folders.find(is_live).unwrap_or_default();
        under(nearest).iter().map(|held| held.revision).max().unwrap_or_default()
    }

    fn now(&self) -> Tree {
        self.tree(self.head())
    }

    /// 0 for an absent or deleted name.
    pub fn current(&self, name: &str) -> u64 {
        self.now().get(name).filter(|held| held.value.is_some()).map_or(0, |held| held.revision)
    }

    fn holds(&self, name: &str, condition: Condition) -> bool {
        let current = self.current(name);
        match condition {
            Condition::None | Condition::Current => true,
            Condition::Present => current != 0,
            Condition::Absent => current == 0,
            Condition::Revision(back) => current == self.back(back),
        }
    }

    fn decide(&self, wish: &Wish) -> Result<Events, Refusal> {
        let name = NAMES[wish.name];
        let held = self.now().get(name).cloned();
        if let Action::Delete = wish.action {
            match &held {
                None => return Err(Refusal::NeverExisted),
                Some(Held { value: None, .. }) => return Err(Refusal::AlreadyDeleted),
                Some(_) => {}
            }
        }
        if !self.holds(name, wish.condition) {
            return Err(Refusal::Precondition(self.current(name)));
        }
        Ok(match wish.action {
            Action::Set(at) => vec![(name.to_owned(), Some(VALUES[at].to_owned()))],
            Action::Delete => vec![(name.to_owned(), None)],
            Action::Check => Vec::new(),
        })
    }

    pub fn decide_one(&self, wish: &Wish) -> Result<Events, Refusal> {
        self.decide(wish)
    }

    pub fn decide_all(&self, wishes: &[Wish]) -> Result<Events, Refusal> {
        let decided: Vec<_> = wishes.iter().map(|wish| self.decide(wish)).collect();
        let failed = (0..).zip(&decided).filter(|(_, decided)| decided.is_err());
        let failed: Vec<_> = failed.map(|(at, _)| (at, self.current(NAMES[wishes[at].name]))).collect();
        if !failed.is_empty() {
            return Err(Refusal::Failed(failed));
        }
        Ok(decided.into_iter().flat_map(Result::unwrap).collect())
    }

    /// By name, in the order of their bytes.
    pub fn decide_restore(&self, to: u64, concerns: impl Fn(&str) -> bool) -> Events {
        let (then, now) = (self.tree(to), self.now());
        let value = |tree: &Tree, name: &str| tree.get(name).and_then(|held| held.value.clone());
        let names = now.keys().filter(|name| concerns(name) && value(&then, name) != value(&now, name));
        names.map(|name| (name.clone(), value(&then, name))).collect()
    }

    /// Undoes one change, by name in the order of their bytes.
    pub fn decide_revert(&self, revision: u64) -> Result<Events, Refusal> {
        let (then, now) = (self.tree(revision - 1), self.now());
        let changed = || self.happened.iter().filter(|happened| happened.revision == revision);
        let names: std::collections::BTreeSet<_> = changed().map(|happened| happened.name.clone()).collect();
        let is_overwritten = |name: &&String| now[*name].revision != revision;
        let overwritten: Vec<_> =
            names.iter().filter(is_overwritten).map(|name| (name.clone(), self.current(name))).collect();
        if !overwritten.is_empty() {
            return Err(Refusal::Overwritten(overwritten));
        }
        let value = |tree: &Tree, name: &str| tree.get(name).and_then(|held| held.value.clone());
        let differ = names.into_iter().filter(|name| value(&then, name) != value(&now, name));
        Ok(differ.map(|name| (name.clone(), value(&then, &name))).collect())
    }

    pub fn record(&mut self, actor: &str, events: &Events) -> u64 {
        let mut tree = self.now();
        let revision = self.head() + 1;
        for (name, after) in events {
            let before = tree.get(name);
            let version = before.map_or(0, |held| held.version) + 1;
            let (before, actor) = (before.and_then(|held| held.value.clone()), actor.to_owned());
            let held = Held { value: after.clone(), version, revision, actor: actor.clone() };
            tree.insert(name.clone(), held);
            let (name, after) = (name.clone(), after.clone());
            self.happened.push(Happened { revision, name, version, before, after, actor });
        }
        self.trees.push(tree);
        revision
    }
}
