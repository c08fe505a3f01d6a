//! A batch as the append's parameters: an array a column, so that a batch of any size is one statement.
//!
//! Called by `append`. Its order of parameters is that of `append.sql`.

use std::time::Duration;

use super::PostgresOptions;
use super::connect::Parameters;
use crate::domain::{ConfigValue, Event, Reason};
use crate::infrastructure::store::codec::{attributes_text, kind_of, revision_column};
use crate::infrastructure::store::{Head, SealedChange};

/// The columns of a batch; texts and bytes are those of the changes themselves.
pub(super) struct Batch<'a> {
    expected: &'a Head,
    after: Head,
    changes: Changes<'a>,
    events: Events<'a>,
    new_names: (Vec<&'a str>, Vec<i64>),
    bytes: usize,
}

#[derive(Default)]
struct Changes<'a> {
    ids: Vec<&'a [u8]>,
    instants: Vec<i64>,
    actors: Vec<&'a str>,
    reasons: Vec<Option<&'a str>>,
    request_ids: Vec<Option<&'a str>>,
    trace_ids: Vec<Option<&'a str>>,
    attributes: Vec<Option<String>>,
    idempotency_keys: Vec<Option<&'a str>>,
    idempotency_contents: Vec<Option<&'a [u8]>>,
    hashes: Vec<&'a [u8]>,
}

#[derive(Default)]
struct Events<'a> {
    revisions: Vec<i64>,
    ordinals: Vec<i32>,
    names: Vec<&'a str>,
    versions: Vec<i64>,
    kinds: Vec<i16>,
    values: Vec<Option<&'a str>>,
    digests: Vec<&'a [u8]>,
}

impl<'a> Batch<'a> {
    /// A batch on the head that it was sealed on.
    pub(super) fn of(expected: &'a Head, changes: &'a [SealedChange]) -> Self {
        let mut batch = Self {
            expected,
            after: expected.clone(),
            changes: Changes::default(),
            events: Events::default(),
            new_names: (Vec::new(), Vec::new()),
            bytes: 0,
        };
        for sealed in changes {
            batch.after = batch.after.after(sealed);
            batch.changes.push(sealed);
            let revision = revision_column(sealed.change.revision);
            for (ordinal, (event, digest)) in (0..).zip(sealed.change.events.iter().zip(&sealed.digests)) {
                batch.push_event(revision, ordinal, event, &digest.0);
            }
        }
        batch
    }

    fn push_event(&mut self, revision: i64, ordinal: i32, event: &'a Event, digest: &'a [u8]) {
        let (name, value) = (event.name.as_str(), event.value().map(ConfigValue::as_str));
        if event.version.get() == 1 {
            self.new_names.0.push(name);
            self.new_names.1.push(revision);
        }
        self.bytes += name.len() + value.map_or(0, str::len);
        let events = &mut self.events;
        events.revisions.push(revision);
        events.ordinals.push(ordinal);
        events.names.push(name);
        events.versions.push(event.version.get().cast_signed());
        events.kinds.push(kind_of(event));
        events.values.push(value);
        events.digests.push(digest);
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
            &changes.ids,
            &changes.instants,
            &changes.actors,
            &changes.reasons,
            &changes.request_ids,
            &changes.trace_ids,
            &changes.attributes,
            &changes.idempotency_keys,
            &changes.idempotency_contents,
            &changes.hashes,
            &events.revisions,
            &events.ordinals,
            &events.names,
            &events.versions,
            &events.kinds,
            &events.values,
            &events.digests,
            &self.new_names.0,
            &self.new_names.1,
        ])
    }
}

impl<'a> Changes<'a> {
    fn push(&mut self, sealed: &'a SealedChange) {
        let (change, metadata) = (&sealed.change, &sealed.change.metadata);
        let mark = change.idempotency.as_ref();
        self.ids.push(&sealed.id);
        self.instants.push(change.instant.as_micros());
        self.actors.push(&metadata.actor);
        self.reasons.push(metadata.reason.as_ref().map(Reason::as_str));
        self.request_ids.push(metadata.request_id.as_deref());
        self.trace_ids.push(metadata.trace_id.as_deref());
        self.attributes.push(attributes_text(&metadata.attributes));
        self.idempotency_keys.push(mark.map(|mark| mark.key.as_str()));
        self.idempotency_contents.push(mark.map(|mark| mark.content.as_slice()));
        self.hashes.push(&sealed.hash.0);
    }
}
