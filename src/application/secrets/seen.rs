//! Fingerprints of encrypted values, kept in memory: to make one, the store is asked for a key and the value is opened.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::domain::ValueId;
use crate::infrastructure::fingerprint::SecretFingerprint;

/// Values of one generation: two generations of these take some 20 MiB.
const GENERATION_VALUES: usize = 131_072;

/// The fingerprint of an encrypted value; none of one that this server can't open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::application) struct Recognised(pub(in crate::application) Option<SecretFingerprint>);

/// The fingerprints that were made last.
#[derive(Default)]
pub(super) struct Seen(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<ValueId, Recognised>,
    old: HashMap<ValueId, Recognised>,
}

impl Seen {
    pub(super) fn get(&self, id: ValueId) -> Option<Recognised> {
        let generations = self.0.lock();
        generations.young.get(&id).or_else(|| generations.old.get(&id)).copied()
    }

    pub(super) fn put(&self, id: ValueId, fingerprint: Recognised) {
        let mut generations = self.0.lock();
        if generations.young.len() >= GENERATION_VALUES {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(id, fingerprint);
    }

    /// Forgets all: they were made under another key.
    pub(super) fn forget(&self) {
        *self.0.lock() = Generations::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_values_are_kept_and_no_more_than_two_generations() {
        let seen = Seen::default();
        let id = |number: usize| ValueId((number as u128).to_be_bytes());
        for number in 0..=2 * GENERATION_VALUES {
            seen.put(id(number), Recognised(None));
        }
        assert_eq!(seen.get(id(0)), None);
        assert_eq!(seen.get(id(GENERATION_VALUES)), Some(Recognised(None)));
        assert_eq!(seen.get(id(2 * GENERATION_VALUES)), Some(Recognised(None)));
    }
}
