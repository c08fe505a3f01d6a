//! Short ways to say what a test writes.

use configapi::application::{ConfigStore, Error, ListQuery, Settled, Write, Written};
use configapi::domain::{
    Command, ConfigName, ConfigValue, IdempotencyKey, IdempotencyMark, Metadata, Operation, Prefix, Revision,
};
use configapi::infrastructure::store::PageLimit;

/// No limit that a test would meet.
pub const ALL: PageLimit = PageLimit { rows: usize::MAX >> 1, bytes: usize::MAX >> 1 };

pub fn name(text: &str) -> ConfigName {
    ConfigName::parse(text).expect("a name")
}

pub fn value(text: &str) -> ConfigValue {
    ConfigValue::from_log(text).expect("a value")
}

pub fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("a prefix")
}

pub fn rev(number: u64) -> Revision {
    Revision::new(number)
}

pub fn ada() -> Metadata {
    Metadata::of("ada")
}

pub fn set(text: &str, held: &str) -> Operation {
    Operation::set(name(text), value(held))
}

pub fn delete(text: &str) -> Operation {
    Operation::delete(name(text))
}

/// One operation of ada's.
pub fn one(operation: Operation) -> Write {
    Write::new(Command::Single(operation), ada())
}

/// Several operations of ada's in one change.
pub fn all_of(operations: &[Operation]) -> Write {
    Write::new(Command::transaction(operations.to_vec()).expect("each name once"), ada())
}

/// The same write under an idempotency key, with a digest of its content.
pub fn keyed(write: Write, key: &str, content: u8) -> Write {
    let key = IdempotencyKey::parse(key).expect("a key");
    Write { idempotency: Some(IdempotencyMark { key, content: [content; 32].into() }), ..write }
}

/// The result of a write, with the revision that it made.
pub trait Made {
    fn made(&self) -> Option<Revision>;
}

impl Made for Written {
    fn made(&self) -> Option<Revision> {
        self.revision
    }
}

impl Made for Settled {
    fn made(&self) -> Option<Revision> {
        match self {
            Self::Written(written) => written.revision,
            Self::Repeated(repeated) => Some(repeated.revision()),
        }
    }
}

/// The revision that a write made.
#[track_caller]
pub fn made(written: Result<impl Made, Error>) -> u64 {
    written.expect("it is written").made().expect("it made a change").get()
}

/// A name's value now.
pub fn now(store: &ConfigStore, text: &str) -> Option<String> {
    let config = store.get(&name(text)).found?;
    config.text().map(str::to_owned)
}

/// Every name with its value now, as `name=value`, with blanks between.
pub fn tree(store: &ConfigStore) -> String {
    let found = store.list(&ListQuery::default()).found.items.into_iter();
    let shown = found
        .map(|(name, config)| format!("{name}={}", config.text().expect("only present ones are listed")));
    shown.collect::<Vec<_>>().join(" ")
}
