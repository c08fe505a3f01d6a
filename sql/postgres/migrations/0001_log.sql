-- The log: changes, their events, the names that they are about, and the head.
--
-- Lock: runs inside the migration's transaction, under its advisory lock. Nothing exists yet.
-- No foreign keys: one statement writes all three tables under the head's lock, the triggers below refuse
-- whatever would orphan a row, and `verify` walks every link. A check of a key for each event would buy nothing.

-- The one row that every append moves. Its lock orders the appends, so that revisions have no gaps.
CREATE TABLE configapi.log_head (
    single boolean NOT NULL DEFAULT true,
    log_id bytea NOT NULL,
    fingerprint_key bytea NOT NULL,
    revision bigint NOT NULL,
    hash bytea NOT NULL,
    instant_us bigint NOT NULL,
    names bigint NOT NULL,
    events bigint NOT NULL,
    CONSTRAINT log_head_pkey PRIMARY KEY (single),
    CONSTRAINT log_head_is_single CHECK (single),
    CONSTRAINT log_head_log_id_bytes CHECK (octet_length(log_id) = 16),
    CONSTRAINT log_head_fingerprint_key_bytes CHECK (octet_length(fingerprint_key) = 32),
    CONSTRAINT log_head_hash_bytes CHECK (octet_length(hash) = 32),
    CONSTRAINT log_head_counts CHECK (revision >= 0 AND names >= 0 AND events >= names)
);

-- One row an atomic act. What is hashed is text or bytes, never jsonb, which would not give back the same
-- bytes. No index on instant_us: instants rise with revisions, so a binary search over the primary key finds
-- one in some twenty probes, and an append pays nothing for it. No index on change_id: it is only ever
-- compared at a known revision.
CREATE TABLE configapi.changes (
    revision bigint NOT NULL,
    instant_us bigint NOT NULL,
    change_id bytea NOT NULL,
    actor text COLLATE "C" NOT NULL,
    reason text,
    request_id text,
    trace_id text,
    attributes text,
    idempotency_key text COLLATE "C",
    idempotency_content bytea,
    hash bytea NOT NULL,
    CONSTRAINT changes_pkey PRIMARY KEY (revision),
    CONSTRAINT changes_revision_positive CHECK (revision > 0),
    CONSTRAINT changes_change_id_bytes CHECK (octet_length(change_id) = 16),
    CONSTRAINT changes_hash_bytes CHECK (octet_length(hash) = 32),
    CONSTRAINT changes_idempotency_whole CHECK ((idempotency_key IS NULL) = (idempotency_content IS NULL))
);

-- For find_marked. Partial: a change without a key pays nothing.
CREATE INDEX changes_idempotency_idx ON configapi.changes (idempotency_key, actor, revision)
    WHERE idempotency_key IS NOT NULL;

-- One row a name that ever was, with its first version: a tree is a walk over these with one probe each into
-- events, so that it costs by names and not by history.
CREATE TABLE configapi.names (
    name text COLLATE "C" NOT NULL,
    first_revision bigint NOT NULL,
    CONSTRAINT names_pkey PRIMARY KEY (name)
);

-- One row a fact. kind 1 is a set, 2 a delete. Each index is written once an event, so each has to earn it:
--   events_pkey            versions are dense (the backstop), histories by page, the event before
--   events_name_revision   the newest event of a name up to any revision: the tree of now and of the past
--                          by one and the same probe, however long the history. The dearest of them:
--                          some 3 us an event, a third of what this table costs (measured, 10,000 names);
--                          without it the past is a walk back over all that came after
--   events_place           the feed; it grows at its right end only, where an insert is cheapest
CREATE TABLE configapi.events (
    revision bigint NOT NULL,
    version bigint NOT NULL,
    ordinal integer NOT NULL,
    kind smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C",
    digest bytea NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (name, version),
    CONSTRAINT events_place UNIQUE (revision, ordinal),
    CONSTRAINT events_version_positive CHECK (version > 0),
    CONSTRAINT events_kind_and_value CHECK (
        (kind = 1 AND value IS NOT NULL) OR (kind = 2 AND value IS NULL AND version > 1)
    ),
    CONSTRAINT events_digest_bytes CHECK (octet_length(digest) = 32)
);

CREATE UNIQUE INDEX events_name_revision ON configapi.events (name, revision);

-- A statement trigger, so that it refuses also where no row matches, and costs an append nothing.
CREATE FUNCTION configapi.refuse_rewrite() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on configapi.% is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'Write a new version of the value; what was stays readable.';
END
$$;

CREATE TRIGGER changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON configapi.changes
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON configapi.events
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();
CREATE TRIGGER names_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON configapi.names
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();
CREATE TRIGGER log_head_stays BEFORE DELETE OR TRUNCATE ON configapi.log_head
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();
