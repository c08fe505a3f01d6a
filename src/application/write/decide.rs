//! Deciding a batch: each write on the tree at the head plus what the batch has decided before it.
//!
//! Pure but for the change ids: the log thread hands in the tree, what the log [recalls](super::recall) of names without a
//! value, the head, the clock and the marks that the log has, and appends what comes out. Two writes of one name in one
//! batch are right because the second meets the first one's outcome (`two_writes_of_one_name_in_one_batch_follow_each_other`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::queue::{Intent, Write, Written};
use super::recall::Recalled;
use crate::application::error::Error;
use crate::domain::{
    Change, Config, ConfigName, Event, IdempotencyKey, IdempotencyMark, Prefix, Revision, Timestamp, Tree,
};
use crate::infrastructure::store::{Head, MarkedChange, SealedChange, seal};

/// What is to be appended and what each writer is to be told once it is.
pub(in crate::application) struct Decision {
    /// In revision order; empty if nobody changes anything.
    pub(in crate::application) changes: Vec<SealedChange>,
    /// One a write, in the batch's order.
    pub(in crate::application) verdicts: Vec<Verdict>,
}

/// What a writer is to be told.
#[derive(Clone)]
pub(in crate::application) enum Verdict {
    /// This.
    Told(Result<Written, Error>),
    /// What the change at this revision did: the request was a repetition.
    Repeated(Revision),
}

/// Decides writes in their order.
pub(in crate::application) fn decide<'a>(
    writes: impl Iterator<Item = &'a Write>,
    tree: &dyn Tree,
    recalled: Recalled,
    head: &Head,
    clock: Timestamp,
    marked: Vec<MarkedChange>,
) -> Decision {
    let marked = marked
        .into_iter()
        .map(|found| ((found.actor_id, found.mark.key), (found.mark.content, found.revision)));
    let mut batch = Batch {
        tree: Overlay { below: tree, decided: recalled },
        head: head.clone(),
        clock,
        // One draw a batch: a change is told from another's by the draw, from its neighbours by the count.
        next_id: uuid::Uuid::now_v7().as_u128(),
        changes: Vec::new(),
        marked: marked.collect(),
    };
    let verdicts = writes.map(|write| batch.decide(write)).collect();
    Decision { changes: batch.changes, verdicts }
}

struct Batch<'a> {
    tree: Overlay<'a>,
    head: Head,
    clock: Timestamp,
    next_id: u128,
    changes: Vec<SealedChange>,
    marked: HashMap<MarkedBy, ([u8; 32], Revision)>,
}

/// The id of a request's actor, and the request's key.
type MarkedBy = (Option<Arc<str>>, IdempotencyKey);

impl Batch<'_> {
    fn decide(&mut self, write: &Write) -> Verdict {
        if let Some(repeated) = self.find_first(write) {
            return repeated;
        }
        let events = match write.command.decide(&self.tree, &write.principal) {
            Ok(events) => events,
            Err(rejection) => return Verdict::Told(Err(rejection.into())),
        };
        if !events.is_empty() && !self.clock.is_plausible() {
            return Verdict::Told(Err(Error::Clock(self.clock)));
        }
        Verdict::Told(Ok(self.record(write, events)))
    }

    fn find_first(&self, write: &Write) -> Option<Verdict> {
        let mark = write.idempotency.as_ref()?;
        let key = (write.metadata.actor_id.clone(), mark.key.clone());
        let (content, revision) = self.marked.get(&key)?;
        // Access may have ended since.
        if let Err(forbidden) = write.command.authorize(&write.principal) {
            return Some(Verdict::Told(Err(forbidden.into())));
        }
        let same = *content == mark.content;
        Some(if same { Verdict::Repeated(*revision) } else { Verdict::Told(Err(Error::KeyReused)) })
    }

    fn record(&mut self, write: &Write, events: Vec<Event>) -> Written {
        let before = self.head.revision;
        let change = Change {
            revision: before.next(),
            instant: self.clock.max(self.head.instant.plus(Duration::from_micros(1))),
            metadata: write.metadata.clone(),
            idempotency: write.idempotency.clone(),
            events,
        };
        // What a state says of its change is known once that is sealed, also if it is not to be appended.
        let sealed = seal(self.head.hash, change, self.next_id.to_be_bytes());
        let change = &sealed.change;
        let outcomes = Write::outcomes(&sealed, |name| self.tree.config(name));
        if write.intent == Intent::DryRun || change.events.is_empty() {
            return Written { revision: None, head: before, outcomes };
        }
        for outcome in &outcomes {
            self.tree.decided.insert(outcome.name.clone(), Arc::clone(&outcome.after));
        }
        if let Some(IdempotencyMark { key, content }) = change.idempotency.clone() {
            self.marked.insert((write.metadata.actor_id.clone(), key), (content, change.revision));
        }
        self.next_id = self.next_id.wrapping_add(1);
        self.head = self.head.after(&sealed);
        self.changes.push(sealed);
        Written { revision: Some(self.head.revision), head: self.head.revision, outcomes }
    }
}

/// A tree of live names with what was recalled of others, and what was decided, on top of it.
struct Overlay<'a> {
    below: &'a dyn Tree,
    decided: HashMap<ConfigName, Arc<Config>>,
}

impl Tree for Overlay<'_> {
    fn config(&self, name: &ConfigName) -> Option<Arc<Config>> {
        self.decided.get(name).cloned().or_else(|| self.below.config(name))
    }

    fn present(&self, prefix: &Prefix) -> Vec<(ConfigName, Arc<Config>)> {
        let mut present: BTreeMap<_, _> = self.below.present(prefix).into_iter().collect();
        for (name, config) in self.decided.iter().filter(|(name, _)| prefix.covers(name)) {
            match config.value {
                Some(_) => present.insert(name.clone(), Arc::clone(config)),
                None => present.remove(name),
            };
        }
        present.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Command, ConfigValue, Metadata, Operation, Place, Rejection, Version};
    use crate::infrastructure::projection::{LiveNames, Projection};
    use crate::infrastructure::store::{LogIdentity, verify_link};

    const NOON: i64 = 1_768_471_200_000_000;

    fn head() -> Head {
        Head::empty(&LogIdentity { id: [7; 16], fingerprint_key: [8; 32] })
    }

    fn name(text: &str) -> ConfigName {
        ConfigName::parse(text).unwrap()
    }

    fn set(text: &str, value: &str) -> Write {
        let operation = Operation::set(name(text), ConfigValue::parse(value, 100).unwrap());
        Write::new(Command::Single(operation), Metadata::of("ada"))
    }

    fn delete(text: &str) -> Write {
        Write::new(Command::Single(Operation::delete(name(text))), Metadata::of("ada"))
    }

    fn marked(mut write: Write, content: u8) -> Write {
        let key = IdempotencyKey::parse("key").unwrap();
        write.idempotency = Some(IdempotencyMark { key, content: [content; 32] });
        write
    }

    fn decided(writes: &[Write], clock: i64) -> Decision {
        let tree = Projection::new(LiveNames::default(), Place::START);
        decide(
            writes.iter(),
            &tree,
            Recalled::new(),
            &head(),
            Timestamp::from_micros(NOON + clock),
            Vec::new(),
        )
    }

    #[test]
    fn two_writes_of_one_name_in_one_batch_follow_each_other() {
        let decision = decided(&[set("a", "1"), delete("a"), delete("a"), set("a", "2")], 0);
        let versions: Vec<_> =
            decision.changes.iter().map(|sealed| sealed.change.events[0].version).collect();
        assert_eq!(versions, [1, 2, 3].map(Version::new));
        let told = &decision.verdicts[2];
        assert!(matches!(told, Verdict::Told(Err(Error::Rejected(Rejection::AlreadyDeleted)))));
    }

    #[test]
    fn the_changes_of_a_batch_are_linked_and_their_instants_rise() {
        let mut before = head();
        for sealed in decided(&[set("a", "1"), set("b", "1"), set("a", "2")], 42).changes {
            verify_link(&before, &sealed).unwrap();
            before = before.after(&sealed);
        }
        assert_eq!((before.revision.get(), before.names, before.events), (3, 2, 3));
        assert_eq!(before.instant, Timestamp::from_micros(NOON + 44));
    }

    #[test]
    fn a_key_used_twice_in_one_batch_is_one_change_or_a_refusal() {
        let decision =
            decided(&[marked(set("a", "1"), 1), marked(set("a", "1"), 1), marked(set("a", "2"), 2)], 0);
        assert_eq!(decision.changes.len(), 1);
        assert!(matches!(decision.verdicts[1], Verdict::Repeated(revision) if revision.get() == 1));
        assert!(matches!(decision.verdicts[2], Verdict::Told(Err(Error::KeyReused))));
    }

    #[test]
    fn a_dry_run_says_what_would_be_and_changes_nothing() {
        let mut dry = set("a", "1");
        dry.intent = Intent::DryRun;
        let decision = decided(&[dry, delete("a")], 0);
        assert!(decision.changes.is_empty());
        assert!(matches!(&decision.verdicts[0], Verdict::Told(Ok(written)) if written.outcomes.len() == 1));
        assert!(matches!(decision.verdicts[1], Verdict::Told(Err(Error::Rejected(Rejection::NeverExisted)))));
    }
}
