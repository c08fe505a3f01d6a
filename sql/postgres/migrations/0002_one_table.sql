-- One table for the log: a change's columns stand with its first event.
--
-- Why: an append pays for each table and for each b-tree that it grows. Changes, names and events were three tables
-- with six indexes; now one row and two index entries hold a change of one event, and a third one its name's first.
-- Measured, 64 changes an append: 0.6 of the time.
--
-- Lock: runs inside the migration's transaction, under its advisory lock; takes the old tables for itself. A
-- server of the release before finds its columns gone and is refused; it can't write what nobody would read.

CREATE TABLE configapi.log_events (
    revision bigint NOT NULL,
    version bigint NOT NULL,
    follows bigint NOT NULL,
    ordinal integer NOT NULL,
    kind smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C",
    digest bytea NOT NULL,
    instant_us bigint,
    change_id bytea,
    hash bytea,
    actor text COLLATE "C",
    reason text,
    request_id text,
    trace_id text,
    attributes text,
    idempotency_key text COLLATE "C",
    idempotency_content bytea
);

INSERT INTO configapi.log_events (
    revision, version, follows, ordinal, kind, name, value, digest, instant_us, change_id, hash, actor, reason,
    request_id, trace_id, attributes, idempotency_key, idempotency_content
)
SELECT event.revision, event.version,
       coalesce(lag(event.revision) OVER (PARTITION BY event.name ORDER BY event.version), 0),
       event.ordinal, event.kind, event.name, event.value, event.digest, change.instant_us, change.change_id,
       change.hash, change.actor, change.reason, change.request_id, change.trace_id, change.attributes,
       change.idempotency_key, change.idempotency_content
FROM configapi.events AS event
LEFT JOIN configapi.changes AS change ON change.revision = event.revision AND event.ordinal = 0
ORDER BY event.revision, event.ordinal;

DROP TABLE configapi.events, configapi.changes, configapi.names;

-- One row a fact. kind 1 is a set, 2 a delete. follows is the revision of the event before in the stream, 0 for
-- the first. What is hashed is text or bytes, never jsonb, which would not give back the same bytes. Each index
-- is written once an event, so each has to earn it:
--   events_pkey         the feed; it grows at its right end only, where an insert is cheapest. A binary search over
--                       it finds an instant, since instants rise with revisions: no index on instant_us
--   events_stream       no two events follow the same one: the backstop of every version check. And the newest event
--                       up to any revision, by one probe however long the history: the event with the greatest follows
--                       before that revision is it, or comes after it and follows it. The dearest of them, some 3 us
--                       an event (10,000 names), which is why versions have no index of their own: they rise with
--                       revisions, and a search by halves finds one
--   events_first        the names that ever were, in order: a tree is a walk over these with one probe each into
--                       events_stream, so that it costs by names and not by history
--   events_idempotency  for find_marked; a change without a key pays nothing
ALTER TABLE configapi.log_events RENAME TO events;
ALTER TABLE configapi.events ADD CONSTRAINT events_pkey PRIMARY KEY (revision, ordinal);
CREATE UNIQUE INDEX events_stream ON configapi.events (name, follows);
CREATE UNIQUE INDEX events_first ON configapi.events (name) WHERE version = 1;
CREATE INDEX events_idempotency ON configapi.events (idempotency_key, actor, revision)
    WHERE idempotency_key IS NOT NULL;

-- One check in place of many: PostgreSQL reads each from its text again in every append. Lengths of digests and ids
-- are looked at wherever they are read.
ALTER TABLE configapi.events ADD CONSTRAINT events_whole CHECK (
    (kind = 1) = (value IS NOT NULL) AND (version = 1) = (follows = 0) AND (ordinal = 0) = (hash IS NOT NULL)
);
ALTER TABLE configapi.log_head
    DROP CONSTRAINT log_head_log_id_bytes,
    DROP CONSTRAINT log_head_fingerprint_key_bytes,
    DROP CONSTRAINT log_head_hash_bytes;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON configapi.events
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();

-- For people who look: the changes, and the names that ever were.
CREATE VIEW configapi.changes AS
SELECT revision, instant_us, change_id, actor, reason, request_id, trace_id, attributes,
       idempotency_key, idempotency_content, hash
FROM configapi.events
WHERE ordinal = 0;

CREATE VIEW configapi.names AS
SELECT name, revision AS first_revision
FROM configapi.events
WHERE version = 1;
