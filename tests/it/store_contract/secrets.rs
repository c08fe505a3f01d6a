//! Encrypted values, and their keys, which are stored and destroyed with a change.

use configapi::domain::{Attributes, Change, EncryptedValue, Metadata, Secrecy, Value, ValueId};
use configapi::infrastructure::store::{Append, DataKey, KeyChanges, KeyId, SealedChange, seal};

use super::fixture::Fixture;
use super::kinds::{assert_read_back, state, write};
use super::model::{Log, fresh_id, instant_of, name};

fn encrypted(id: u8, ciphertext: &[u8]) -> Value {
    let ciphertext = [ciphertext, [9; 16].as_slice()].concat();
    EncryptedValue::assemble(ValueId([id; 16]), &[8; 24], &ciphertext).unwrap().into()
}

fn key(value: u8, wrapped: &[u8]) -> DataKey {
    DataKey { value_id: ValueId([value; 16]), key_id: KeyId([1; 8]), wrapped: wrapped.into() }
}

fn secret() -> Attributes {
    Attributes::NONE.with_secrecy(Some(Secrecy::Secret))
}

/// A change after the head with an encrypted value of this id.
fn sealed(log: &Log, text: &str, id: u8, keys: KeyChanges) -> SealedChange {
    let revision = log.head.revision.next();
    let event = state(log, text).set(&name(text), encrypted(id, b"x"), secret());
    let (instant, metadata) = (instant_of(revision), Metadata::of("ada"));
    let change = Change { revision, instant, metadata, idempotency: None, events: vec![event] };
    seal(log.head.hash, change, fresh_id()).with_keys(keys)
}

fn adding(keys: Vec<DataKey>) -> KeyChanges {
    KeyChanges { added: keys, removed: Vec::new() }
}

pub(crate) fn encrypted_values_come_back_as_their_bytes(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    for value in [encrypted(1, b""), encrypted(2, &vec![0; 70_000]), encrypted(1, b"")] {
        let event = state(&log, "a").set(&name("a"), value, secret());
        write(&mut log, vec![event]);
    }
    assert_read_back(&log);
    let now = state(&log, "a");
    let deleted = now.delete(&name("a"), now.value.clone().unwrap());
    write(&mut log, vec![deleted]);
    assert_read_back(&log);
    let now = log.store.config_at(&name("a"), log.head.revision).unwrap().unwrap();
    assert_eq!((now.value, now.attributes.secrecy()), (None, Some(Secrecy::Secret)));
    let event = state(&log, "a").set(&name("a"), encrypted(3, b"x"), secret());
    write(&mut log, vec![event]);
    assert_read_back(&log);
    assert_eq!(log.store.data_keys(&[ValueId([1; 16])]).unwrap(), []);
}

pub(crate) fn data_keys_are_stored_and_destroyed_with_their_change(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let ids = [1, 2, 3].map(|id| ValueId([id; 16]));
    let first = sealed(&log, "a", 1, adding(vec![key(1, b"one"), key(2, b"two")]));
    let expected = log.head.clone();
    // The head has moved: nothing is stored, no key either.
    log.write(&[("other", Some("1"))]);
    let batch = [first];
    assert!(matches!(log.store.append(&expected, &batch).unwrap(), Append::Stale(_)));
    assert_eq!(log.store.data_keys(&ids).unwrap(), []);

    let first = sealed(&log, "a", 1, adding(vec![key(1, b"one"), key(2, b"two")]));
    let (expected, again) = (log.head.clone(), first.clone());
    log.append(vec![first]);
    assert_eq!(log.store.append(&expected, &[again]).unwrap(), Append::Stored);
    assert_eq!(log.store.data_keys(&ids).unwrap(), [key(1, b"one"), key(2, b"two")]);

    let second = sealed(&log, "a", 3, adding(vec![key(3, b"three")]));
    let lock = log.store.lock_head().unwrap();
    lock.append(std::slice::from_ref(&second)).unwrap();
    assert_eq!(log.store.data_keys(&ids[2..]).unwrap(), [key(3, b"three")]);
    let mut log = Log::read(log.store).unwrap();

    let removed = vec![ids[0], ids[2], ValueId([7; 16])];
    let third = sealed(&log, "a", 2, KeyChanges { added: Vec::new(), removed });
    let (expected, again) = (log.head.clone(), third.clone());
    log.append(vec![third]);
    assert_eq!(log.store.append(&expected, &[again]).unwrap(), Append::Stored);
    assert_eq!(log.store.data_keys(&ids).unwrap(), [key(2, b"two")]);
}

pub(crate) fn a_data_key_is_wrapped_again_unless_it_has_changed(fixture: &dyn Fixture) {
    let mut log = Log::new(fixture.open());
    let keys = (1..=5).map(|id| key(id, &[id])).collect();
    let change = sealed(&log, "a", 1, adding(keys));
    log.append(vec![change]);
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = log.store.data_keys_after(after, 2).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(last.value_id);
        for before in page {
            let rewrapped =
                DataKey { key_id: KeyId([2; 8]), wrapped: b"new".as_slice().into(), ..before.clone() };
            assert!(log.store.rewrap(&before, &rewrapped).unwrap());
            assert!(!log.store.rewrap(&before, &rewrapped).unwrap(), "it is another one now");
            seen.push(before.value_id.0[0]);
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    let now = log.store.data_keys(&[ValueId([4; 16])]).unwrap();
    assert_eq!((now[0].key_id, &*now[0].wrapped), (KeyId([2; 8]), b"new".as_slice()));
    assert!(!log.store.rewrap(&key(9, b"x"), &key(9, b"y")).unwrap());
}
