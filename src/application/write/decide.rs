//! Deciding a batch: each write on the tree at the head plus what the batch has decided before it.
//!
//! Pure but for the change ids: the log thread hands in the tree, what the log [recalls](super::recall) of names without a
//! value, the head, the clock and the marks that the log has, and appends what comes out. Two writes of one name in one
//! batch are right because the second meets the first one's outcome (`two_writes_of_one_name_in_one_batch_follow_each_other`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::queue::{Intent, Settled, Write};
use super::recall::Recalled;
use super::repeat::Repeated;
use super::validation::Validation;
use super::written::{Written, outcomes, shredded};
use crate::application::error::Error;
use crate::application::secrets::Secrets;
use crate::domain::{
    Change, Command, Config, ConfigName, Event, IdempotencyKey, Principal, Requirements, Rules, Secrecy,
    Timestamp, Tree,
};
use crate::infrastructure::access::AccessData;
use crate::infrastructure::store::{Head, KeyChanges, MarkedChange, SealedChange, seal};

/// The changes to append, and each writer's result once they are appended.
pub(in crate::application) struct Decision {
    /// In revision order; empty if no write changes anything.
    pub(in crate::application) changes: Vec<SealedChange>,
    /// The result of each write, in the batch's order.
    pub(in crate::application) results: Vec<Result<Settled, Error>>,
}

/// What a batch is decided on beside the tree.
pub(in crate::application) struct Basis<'a> {
    /// The head of the log.
    pub(in crate::application) head: &'a Head,
    /// The access data there.
    pub(in crate::application) access: Arc<AccessData>,
    /// The store's clock.
    pub(in crate::application) clock: Timestamp,
}

/// Decides writes in their order.
pub(in crate::application) fn decide<'a>(
    writes: impl Iterator<Item = &'a Write>,
    tree: &dyn Tree,
    recalled: Recalled,
    Basis { head, access, clock }: Basis<'_>,
    marked: Vec<MarkedChange>,
    secrets: &Secrets,
) -> Decision {
    let key = |found: &MarkedChange| (found.actor_id.clone(), found.mark.key.clone());
    let marked = marked.into_iter().map(|found| (key(&found), Repeated::of(found)));
    let mut batch = Batch {
        tree: Overlay { below: tree, decided: recalled },
        head: head.clone(),
        access,
        clock,
        // One draw per batch: the draw separates the ids of two batches, the count those of one batch.
        next_id: uuid::Uuid::now_v7().as_u128(),
        changes: Vec::new(),
        marked: marked.collect(),
        secrets,
    };
    let results = writes.map(|write| batch.decide(write)).collect();
    Decision { changes: batch.changes, results }
}

struct Batch<'a> {
    tree: Overlay<'a>,
    head: Head,
    access: Arc<AccessData>,
    clock: Timestamp,
    next_id: u128,
    changes: Vec<SealedChange>,
    marked: HashMap<MarkedBy, Repeated>,
    secrets: &'a Secrets,
}

/// The id of a request's actor, and the request's key.
type MarkedBy = (Option<Arc<str>>, IdempotencyKey);

impl Batch<'_> {
    fn decide(&mut self, write: &Write) -> Result<Settled, Error> {
        let now = self.clock.max(self.head.instant);
        let principal = self.access.renewed(&write.principal, now).ok_or(Error::Unauthenticated)?;
        if let Some(repeated) = self.find_first(write, &principal)? {
            return Ok(Settled::Repeated(repeated));
        }
        let has_moved = match &write.command {
            Command::Access(change) => change.based_on != self.access.revision(),
            Command::Shred(shred) => !shred.holds(&self.tree),
            _ => write.plan.as_ref().is_some_and(|plan| !plan.holds()),
        };
        if has_moved {
            return Err(Error::PlanMoved);
        }
        let requirements = Requirements {
            policy: self.access.policy(),
            reason: write.metadata.reason.as_ref(),
            confirmed: write.confirmed,
        };
        let rules = Rules { requirements: Some(requirements), ..self.secrets.rules(&principal) };
        let events = write.command.decide(&self.tree, rules)?;
        Validation::compare(write.validation.as_ref(), &write.command, &self.access)?;
        // A restore keeps values as they are stored, and a dry run stores none.
        if write.intent == Intent::Commit && !write.command.operations().is_empty() {
            self.secrets.refuse_unsealed(&events)?;
        }
        if !events.is_empty() && !self.clock.is_plausible() {
            return Err(Error::Clock(self.clock));
        }
        Ok(Settled::Written(self.record(write, events)?))
    }

    fn find_first(&self, write: &Write, principal: &Principal) -> Result<Option<Repeated>, Error> {
        let Some(mark) = &write.idempotency else { return Ok(None) };
        let Some(first) = self.marked.get(&(write.metadata.actor_id.clone(), mark.key.clone())) else {
            return Ok(None);
        };
        // Access may have ended since.
        write.command.authorize(principal)?;
        let is_same = self.secrets.is_same(&first.mark().content, &mark.content)?;
        if is_same { Ok(Some(first.clone())) } else { Err(Error::KeyReused) }
    }

    fn record(&mut self, write: &Write, events: Vec<Event>) -> Result<Written, Error> {
        let (before, mark) = (self.head.revision, write.idempotency.as_ref());
        let change = Change {
            revision: before.next(),
            instant: self.clock.max(self.head.instant.plus(Duration::from_micros(1))),
            metadata: write.metadata.clone(),
            idempotency: mark.map(|mark| self.secrets.mark_of(mark, &events)).transpose()?,
            events,
        };
        // A state has the hash of its change, so that the change is sealed, also if it is not to be appended.
        let sealed = seal(self.head.hash, change, self.next_id.to_be_bytes());
        let change = &sealed.change;
        let mut outcomes = outcomes(&sealed, |name| self.tree.config(name));
        if write.intent == Intent::Commit && !write.command.operations().is_empty() {
            for outcome in &mut outcomes {
                // Of a secret alone: other values are shown as they are stored.
                let is_secret = outcome.after.attributes.secrecy() == Some(Secrecy::Secret);
                let value = outcome.after.value.as_ref().filter(|_| is_secret);
                outcome.sent = value.and_then(|value| write.sealed.text(value));
            }
        }
        if write.intent == Intent::DryRun || change.events.is_empty() {
            return Ok(Written { revision: None, head: before, outcomes, shredded: Vec::new() });
        }
        for outcome in &outcomes {
            self.tree.decided.insert(outcome.name.clone(), Arc::clone(&outcome.after));
        }
        if let Some(mark) = change.idempotency.clone() {
            let (actor_id, revision) = (write.metadata.actor_id.clone(), change.revision);
            let key = (actor_id.clone(), mark.key.clone());
            self.marked.insert(key, Repeated::of(MarkedChange { actor_id, mark, revision }));
        }
        self.next_id = self.next_id.wrapping_add(1);
        self.head = self.head.after(&sealed);
        let shredded = shredded(&sealed.change);
        let removed = match &write.command {
            Command::Shred(shred) => shred.values.clone(),
            _ => Vec::new(),
        };
        self.changes.push(sealed.with_keys(KeyChanges { added: write.sealed.keys.clone(), removed }));
        Ok(Written { revision: Some(self.head.revision), head: self.head.revision, outcomes, shredded })
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ConfigValue, IdempotencyMark, Metadata, NoSecretNames, Operation, Place, Rejection, Version,
    };
    use crate::infrastructure::projection::{LiveNames, Projection};
    use crate::infrastructure::store::{EventStore, LogIdentity, SqliteStore, verify_link};

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
        write.idempotency = Some(IdempotencyMark { key, content: [content; 32].into() });
        write
    }

    fn decided(writes: &[Write], clock: i64) -> Decision {
        let tree = Projection::new(LiveNames::default(), Place::START);
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::in_memory().unwrap());
        let secrets = Secrets::load(&store, None, Arc::new(NoSecretNames)).unwrap();
        decide(
            writes.iter(),
            &tree,
            Recalled::new(),
            Basis { head: &head(), access: Arc::default(), clock: Timestamp::from_micros(NOON + clock) },
            Vec::new(),
            &secrets,
        )
    }

    #[test]
    fn two_writes_of_one_name_in_one_batch_follow_each_other() {
        let decision = decided(&[set("a", "1"), delete("a"), delete("a"), set("a", "2")], 0);
        let versions: Vec<_> =
            decision.changes.iter().map(|sealed| sealed.change.events[0].version).collect();
        assert_eq!(versions, [1, 2, 3].map(Version::new));
        let result = &decision.results[2];
        assert!(matches!(result, Err(Error::Rejected(Rejection::AlreadyDeleted))));
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
        let repeated = &decision.results[1];
        assert!(matches!(repeated, Ok(Settled::Repeated(first)) if first.revision().get() == 1));
        assert!(matches!(decision.results[2], Err(Error::KeyReused)));
    }

    #[test]
    fn a_dry_run_says_what_would_be_and_changes_nothing() {
        let mut dry = set("a", "1");
        dry.intent = Intent::DryRun;
        let decision = decided(&[dry, delete("a")], 0);
        assert!(decision.changes.is_empty());
        let would = &decision.results[0];
        assert!(matches!(would, Ok(Settled::Written(written)) if written.outcomes.len() == 1));
        assert!(matches!(decision.results[1], Err(Error::Rejected(Rejection::NeverExisted))));
    }
}
