-- New names for the log and its head; columns and tables for attributes, encryption, access and snapshots; an index on
-- the head's revision.
--
-- Why the names: a server of an earlier release finds neither table. It can neither append nor follow, so it is not ready.
-- Why the index: an update of the head leaves its old row behind until no snapshot can see it. With a key that never
-- changes each append walks all these rows, for as long as a dump or a report runs. With a key that each append changes,
-- a probe finds the one row. The constant key must go: each update would walk its dead entries.
-- Why a copy: `created` differs from row to row, and rows are never updated. The copy is also compact.
--
-- Lock: runs inside the migration's transaction, under its advisory lock. The migration holds the old tables
-- exclusively before it reads them. The copy needs free space for the log once again, and for its write-ahead log.

ALTER TABLE configapi.log_head RENAME TO head;
ALTER TABLE configapi.head DROP CONSTRAINT log_head_pkey;
CREATE UNIQUE INDEX head_revision ON configapi.head (revision);

-- The key was the head's guard against a second row, such as that of a backup loaded over a log that is there. This
-- trigger is one now. An append only updates, and pays nothing for it.
CREATE FUNCTION configapi.refuse_second_head() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM configapi.head OFFSET 1) THEN
        RAISE EXCEPTION 'the log has one head: a second one is refused'
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Restore a backup into a database without the schema configapi.';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER head_is_single AFTER INSERT ON configapi.head
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_second_head();

-- format says how the digest is made. created is the revision of the first set since the name was absent, for sets; it
-- is derived, and so not hashed. encrypted holds the bytes of an encrypted value in place of value. attributes are those
-- of the event; change_attributes, actor_id and all that follow instant_us are of the change, with its first event.
CREATE TABLE configapi.log (
    revision bigint NOT NULL,
    version bigint NOT NULL,
    follows bigint NOT NULL,
    created bigint,
    ordinal integer NOT NULL,
    kind smallint NOT NULL,
    format smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C",
    encrypted bytea,
    attributes text,
    digest bytea NOT NULL,
    instant_us bigint,
    change_id bytea,
    hash bytea,
    actor text COLLATE "C",
    actor_id text COLLATE "C",
    reason text,
    request_id text,
    trace_id text,
    change_attributes text,
    idempotency_key text COLLATE "C",
    idempotency_content bytea
);

INSERT INTO configapi.log (
    revision, version, follows, created, ordinal, kind, format, name, value, digest, instant_us, change_id, hash, actor,
    reason, request_id, trace_id, change_attributes, idempotency_key, idempotency_content
)
SELECT event.revision, event.version, event.follows,
       CASE WHEN event.kind = 1 THEN
           max(event.begins) OVER (PARTITION BY event.name ORDER BY event.follows ROWS UNBOUNDED PRECEDING)
       END,
       event.ordinal, event.kind, 1, event.name, event.value, event.digest, event.instant_us, event.change_id,
       event.hash, event.actor, event.reason, event.request_id, event.trace_id, event.attributes,
       event.idempotency_key, event.idempotency_content
FROM (
    SELECT old.*,
           CASE WHEN old.kind = 1
                     AND lag(old.kind) OVER (PARTITION BY old.name ORDER BY old.follows) IS DISTINCT FROM 1
                THEN old.revision
           END AS begins
    FROM configapi.events AS old
) AS event
ORDER BY event.revision, event.ordinal;

DROP VIEW configapi.changes, configapi.names;
DROP TABLE configapi.events;

-- The indexes of 0002_one_table.sql, for the same reasons. A repeated request is recognised by the id of its actor, not
-- by the name; no id means anonymous.
ALTER TABLE configapi.log ADD CONSTRAINT log_pkey PRIMARY KEY (revision, ordinal);
CREATE UNIQUE INDEX log_stream ON configapi.log (name, follows);
CREATE UNIQUE INDEX log_first ON configapi.log (name) WHERE version = 1;
CREATE INDEX log_idempotency ON configapi.log (idempotency_key, actor_id, revision)
    WHERE idempotency_key IS NOT NULL;

-- kind 1 is a set, 2 a delete, 3 a shred, 4 access data; the code that writes 3 and 4 has their rules.
ALTER TABLE configapi.log ADD CONSTRAINT log_whole CHECK (
    (kind = 1) = (created IS NOT NULL)
    AND (kind <> 1 OR (value IS NULL) <> (encrypted IS NULL))
    AND (kind <> 2 OR (value IS NULL AND encrypted IS NULL))
    AND (version = 1) = (follows = 0)
    AND (ordinal = 0) = (hash IS NOT NULL)
);

CREATE TRIGGER log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON configapi.log
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_rewrite();

-- Rows of these two may be deleted: a key that is gone makes its values unreadable for ever.
CREATE TABLE configapi.data_keys (
    value_id bytea NOT NULL,
    key_id bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    CONSTRAINT data_keys_pkey PRIMARY KEY (value_id),
    CONSTRAINT data_keys_value_id_length CHECK (octet_length(value_id) = 16)
);

CREATE TABLE configapi.snapshots (
    revision bigint NOT NULL,
    chunk integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT snapshots_pkey PRIMARY KEY (revision, chunk)
);

-- For people who look: the changes, and the names that there have ever been.
CREATE VIEW configapi.changes AS
SELECT revision, instant_us, change_id, actor, actor_id, reason, request_id, trace_id, change_attributes AS attributes,
       idempotency_key, idempotency_content, hash
FROM configapi.log
WHERE ordinal = 0;

CREATE VIEW configapi.names AS
SELECT name, revision AS first_revision
FROM configapi.log
WHERE version = 1;

-- The oldest schema whose releases can still read, and append to, a log that has had this migration.
ALTER TABLE configapi.schema_migrations ADD COLUMN oldest_reader bigint, ADD COLUMN oldest_writer bigint;
UPDATE configapi.schema_migrations SET oldest_reader = version, oldest_writer = version;
ALTER TABLE configapi.schema_migrations
    ALTER COLUMN oldest_reader SET NOT NULL,
    ALTER COLUMN oldest_writer SET NOT NULL;
