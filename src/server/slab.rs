//! The connections of one thread, by number, and their deadlines.
//!
//! A key names a slot and the slot's generation, so that an event, an answer or a deadline for a connection that has
//! gone finds nothing. Deadlines lie in an array of their own: setting one is a store and a comparison, and
//! looking for those that have passed walks 8 bytes a connection, only when the earliest can have passed.
//!
//! Invariants: `a_key_of_a_connection_that_has_gone_finds_nothing`, `deadlines_fire_once_and_in_time`.

use std::time::{Duration, Instant};

use mio::Token;

// A token holds a slot and a generation of 31 bits.
const _: () = assert!(usize::BITS == 64, "the connection layer needs 64-bit tokens");

/// A slot and its generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) slot: u32,
    generation: u32,
}

impl From<Key> for Token {
    fn from(key: Key) -> Self {
        // 31 bits of generation: the upper half of the tokens is the thread's own.
        Self((key.generation as usize) << 32 | key.slot as usize)
    }
}

impl From<Token> for Key {
    fn from(token: Token) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the two halves of what From<Key> packed")]
        Self { slot: token.0 as u32, generation: (token.0 >> 32) as u32 }
    }
}

/// Which request of which connection. A connection's requests are numbered, so that a response that comes too late is
/// never taken for the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RequestKey {
    pub(super) client: Key,
    pub(super) number: u64,
}

struct Slot<T> {
    generation: u32,
    entry: Option<Box<T>>,
}

/// No deadline.
const NEVER: u64 = u64::MAX;

/// Entries by key.
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    /// Milliseconds after `epoch`, by slot.
    deadlines_ms: Vec<u64>,
    /// Not later than any deadline.
    earliest_ms: u64,
    epoch: Instant,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) fn new(epoch: Instant) -> Self {
        Self { slots: Vec::new(), deadlines_ms: Vec::new(), earliest_ms: NEVER, epoch, free: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Makes room for what `make` gives for its key.
    pub(super) fn insert(&mut self, make: impl FnOnce(Key) -> T) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, entry: None });
            self.deadlines_ms.push(NEVER);
            #[expect(clippy::cast_possible_truncation, reason = "connections are limited to far fewer")]
            let slot = (self.slots.len() - 1) as u32;
            slot
        });
        let place = &mut self.slots[slot as usize];
        let key = Key { slot, generation: place.generation };
        place.entry = Some(Box::new(make(key)));
        key
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        if slot.generation == key.generation { slot.entry.as_deref_mut() } else { None }
    }

    /// Drops an entry; its slot is used for the next one.
    pub(super) fn remove(&mut self, key: Key) {
        let slot = &mut self.slots[key.slot as usize];
        slot.entry = None;
        // 31 bits: the upper half of the tokens is the thread's own.
        slot.generation = (slot.generation + 1) & (u32::MAX >> 1);
        self.deadlines_ms[key.slot as usize] = NEVER;
        self.free.push(key.slot);
    }

    /// Every key in use.
    pub(super) fn keys(&self) -> Vec<Key> {
        let used = (0..self.slots.len()).filter(|index| self.slots[*index].entry.is_some());
        used.map(|index| self.key(index)).collect()
    }

    /// The key of whatever is in a slot.
    fn key(&self, index: usize) -> Key {
        #[expect(clippy::cast_possible_truncation, reason = "connections are limited to far fewer")]
        Key { slot: index as u32, generation: self.slots[index].generation }
    }

    /// Replaces the entry's deadline.
    pub(super) fn set_deadline(&mut self, key: Key, deadline: Option<Instant>) {
        let at_ms = deadline.map_or(NEVER, |deadline| self.ms(deadline) + 1);
        self.deadlines_ms[key.slot as usize] = at_ms;
        self.earliest_ms = self.earliest_ms.min(at_ms);
    }

    fn ms(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_millis())
            .unwrap_or(NEVER - 1)
            .min(NEVER - 1)
    }

    /// How long until a deadline can pass.
    pub(super) fn until_deadline(&self, now: Instant) -> Option<Duration> {
        let wait_ms = self.earliest_ms.saturating_sub(self.ms(now));
        (self.earliest_ms != NEVER).then(|| Duration::from_millis(wait_ms))
    }

    /// Adds the keys whose deadlines have passed to `due`, and forgets those deadlines.
    pub(super) fn take_due(&mut self, now: Instant, due: &mut Vec<Key>) {
        let now_ms = self.ms(now);
        if now_ms < self.earliest_ms {
            return;
        }
        let mut earliest_ms = NEVER;
        for index in 0..self.deadlines_ms.len() {
            let at_ms = self.deadlines_ms[index];
            if at_ms <= now_ms {
                self.deadlines_ms[index] = NEVER;
                due.push(self.key(index));
            } else {
                earliest_ms = earliest_ms.min(at_ms);
            }
        }
        self.earliest_ms = earliest_ms;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use mio::Token;

    use super::{Key, Slab};

    #[test]
    fn a_key_of_a_connection_that_has_gone_finds_nothing() {
        let mut slab = Slab::new(Instant::now());
        let first = slab.insert(|_| 1);
        assert_eq!(slab.get_mut(first), Some(&mut 1));
        slab.remove(first);
        let second = slab.insert(|_| 2);
        assert_eq!(first.slot, second.slot);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.get_mut(second), Some(&mut 2));
        assert_eq!(Key::from(Token::from(second)), second);
    }

    #[test]
    fn deadlines_fire_once_and_in_time() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut slab = Slab::new(start);
        let (early, late) = (slab.insert(|_| ()), slab.insert(|_| ()));
        slab.set_deadline(late, Some(at(50)));
        slab.set_deadline(early, Some(at(10)));
        let mut due = Vec::new();
        slab.take_due(at(9), &mut due);
        assert_eq!(due, []);
        slab.take_due(at(20), &mut due);
        assert_eq!(due, [early]);
        due.clear();
        slab.take_due(at(40), &mut due);
        assert_eq!(due, []);
        // Moved further: the old one must not fire.
        slab.set_deadline(late, Some(at(90)));
        slab.take_due(at(80), &mut due);
        assert_eq!(due, []);
        slab.take_due(at(200), &mut due);
        assert_eq!(due, [late]);
        assert_eq!(slab.until_deadline(at(200)), None);
    }
}
