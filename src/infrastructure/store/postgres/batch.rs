//! A batch as the append's parameters: an array a column, so that a batch of any size is one statement.
//!
//! Called by `append`. Its order of parameters is that of `append.sql`.

use std::borrow::Cow;
use std::time::Duration;

use super::PostgresOptions;
use super::connect::Parameters;
use crate::domain::{Event, Reason, Revision};
use crate::infrastructure::store::codec::revision_column;
use crate::infrastructure::store::stored::{
    DigestFormat, attributes_of, attributes_text, created_of, encrypted_of, kind_of, value_of,
};
use crate::infrastructure::store::{Head, SealedChange};

/// The columns of a batch; texts and bytes are those of the changes themselves.
pub(super) struct Batch<'a> {
    expected: &'a Head,
    after: Head,
    events: Events<'a>,
    changes: Changes<'a>,
    format: DigestFormat,
    bytes: usize,
}

/// A column each, a place for each event.
#[derive(Default)]
struct Events<'a> {
    revisions: Vec<i64>,
    ordinals: Vec<i32>,
    names: Vec<&'a str>,
    versions: Vec<i64>,
    follows: Vec<i64>,
    created: Vec<Option<i64>>,
    kinds: Vec<i16>,
    values: Vec<Option<Cow<'a, str>>>,
    attributes: Vec<Option<String>>,
    digests: Vec<&'a [u8]>,
    encrypted: Vec<Option<&'a [u8]>>,
}

/// The same, filled at the first event of each change.
#[derive(Default)]
struct Changes<'a> {
    instants: Vec<Option<i64>>,
    ids: Vec<Option<&'a [u8]>>,
    hashes: Vec<Option<&'a [u8]>>,
    actors: Vec<Option<&'a str>>,
    actor_ids: Vec<Option<&'a str>>,
    reasons: Vec<Option<&'a str>>,
    request_ids: Vec<Option<&'a str>>,
    trace_ids: Vec<Option<&'a str>>,
    attributes: Vec<Option<String>>,
    idempotency_keys: Vec<Option<&'a str>>,
    idempotency_contents: Vec<Option<Vec<u8>>>,
}

impl<'a> Batch<'a> {
    /// A batch on the head that it was sealed on.
    pub(super) fn of(expected: &'a Head, changes: &'a [SealedChange]) -> Self {
        let (events, after) = (Events::default(), expected.clone());
        let format = changes.first().map_or(DigestFormat::CURRENT, |sealed| sealed.format);
        let mut batch = Self { expected, after, events, changes: Changes::default(), format, bytes: 0 };
        for sealed in changes {
            batch.after = batch.after.after(sealed);
            for (ordinal, (event, digest)) in (0..).zip(sealed.change.events.iter().zip(&sealed.digests)) {
                batch.push_event(sealed.change.revision, ordinal, event, &digest.0);
                batch.changes.push((ordinal == 0).then_some(sealed));
            }
        }
        batch
    }

    fn push_event(&mut self, revision: Revision, ordinal: i32, event: &'a Event, digest: &'a [u8]) {
        self.bytes += event.bytes();
        let events = &mut self.events;
        events.revisions.push(revision_column(revision));
        events.ordinals.push(ordinal);
        events.names.push(event.name.as_str());
        events.versions.push(event.version.get().cast_signed());
        events.follows.push(revision_column(event.follows));
        events.created.push(created_of(event, revision).map(revision_column));
        events.kinds.push(kind_of(event));
        events.values.push(value_of(event));
        events.attributes.push(attributes_of(event));
        events.digests.push(digest);
        events.encrypted.push(encrypted_of(event));
    }

    /// How long an append of this size may take.
    pub(super) fn time_limit(&self, options: &PostgresOptions) -> Duration {
        let seconds = self.bytes / PostgresOptions::APPEND_BYTES_PER_SECOND;
        options.append_timeout + Duration::from_secs(seconds as u64)
    }

    /// Calls with the parameters of `append.sql`.
    pub(super) fn with_parameters<T>(&self, call: impl FnOnce(Parameters<'_>) -> T) -> T {
        let (changes, events) = (&self.changes, &self.events);
        call(&[
            &revision_column(self.expected.revision),
            &self.expected.hash.0.as_slice(),
            &revision_column(self.after.revision),
            &self.after.hash.0.as_slice(),
            &self.after.instant.as_micros(),
            &self.after.names.cast_signed(),
            &self.after.events.cast_signed(),
            &events.revisions,
            &events.ordinals,
            &events.names,
            &events.versions,
            &events.follows,
            &events.created,
            &events.kinds,
            &events.values,
            &events.attributes,
            &events.digests,
            &self.format.column(),
            &changes.instants,
            &changes.ids,
            &changes.hashes,
            &changes.actors,
            &changes.actor_ids,
            &changes.reasons,
            &changes.request_ids,
            &changes.trace_ids,
            &changes.attributes,
            &changes.idempotency_keys,
            &changes.idempotency_contents,
            &events.encrypted,
        ])
    }
}

impl<'a> Changes<'a> {
    fn push(&mut self, first: Option<&'a SealedChange>) {
        let change = first.map(|sealed| &sealed.change);
        let metadata = change.map(|change| &change.metadata);
        let mark = change.and_then(|change| change.idempotency.as_ref());
        self.instants.push(change.map(|change| change.instant.as_micros()));
        self.ids.push(first.map(|sealed| sealed.id.as_slice()));
        self.hashes.push(first.map(|sealed| sealed.hash.0.as_slice()));
        self.actors.push(metadata.map(|metadata| &*metadata.actor));
        self.actor_ids.push(metadata.and_then(|metadata| metadata.actor_id.as_deref()));
        self.reasons.push(metadata.and_then(|metadata| metadata.reason.as_ref()).map(Reason::as_str));
        self.request_ids.push(metadata.and_then(|metadata| metadata.request_id.as_deref()));
        self.trace_ids.push(metadata.and_then(|metadata| metadata.trace_id.as_deref()));
        self.attributes.push(metadata.and_then(|metadata| attributes_text(&metadata.attributes)));
        self.idempotency_keys.push(mark.map(|mark| mark.key.as_str()));
        self.idempotency_contents.push(mark.map(|mark| mark.content.to_bytes()));
    }
}
