-- Purpose: columns and tables for attributes, encryption, access and snapshots; ordinals from 0; no expression that
--   needs a newer SQLite than 3.35, so that the shells of distributions can copy and dump the file.
-- Layout: as in 0001_log.sql. A CHECK cannot be altered, so `names` and `events` are copied into new tables.
--   length(CAST(name AS BLOB)) counts bytes in every SQLite; octet_length needs 3.43.
--   events.format says how the digest is made. created is the revision of the first set since the name was absent, for
--   sets; it is derived, and so not hashed. encrypted holds the bytes of an encrypted value in place of value.
--   kind 3 is a shred and kind 4 is access data; both have rules of their own in the code that writes them.
-- Older releases: they refuse a file of this schema.
-- Lock taken: the file's write lock, in the transaction of the migration. The copy needs free space for the log once
--   again in the file and once in its -wal. The file keeps the space of the old tables for later events.

ALTER TABLE names RENAME TO names_1;

CREATE TABLE names (
    name           TEXT    NOT NULL,
    first_revision INTEGER NOT NULL,
    CONSTRAINT names_pkey PRIMARY KEY (name),
    CONSTRAINT names_name_length CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 512),
    CONSTRAINT names_first_revision CHECK (first_revision >= 1)
) STRICT, WITHOUT ROWID;

INSERT INTO names (name, first_revision)
SELECT name, first_revision
FROM names_1
ORDER BY name;

DROP TABLE names_1;

ALTER TABLE events RENAME TO events_1;

CREATE TABLE events (
    name       TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    format     INTEGER NOT NULL,
    created    INTEGER,
    attributes TEXT,
    value      TEXT,
    encrypted  BLOB,
    digest     BLOB    NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (name, revision),
    CONSTRAINT events_ordinal CHECK (ordinal >= 0),
    CONSTRAINT events_format CHECK (format >= 1),
    CONSTRAINT events_created CHECK ((kind = 1) = (created IS NOT NULL) AND created BETWEEN 1 AND revision),
    CONSTRAINT events_kind_value CHECK (
        (kind = 1 AND (value IS NULL) <> (encrypted IS NULL))
        OR (kind = 2 AND value IS NULL AND encrypted IS NULL)
        OR kind IN (3, 4)
    ),
    CONSTRAINT events_digest_length CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO events (name, revision, ordinal, version, kind, format, created, value, digest)
SELECT
    name, revision, ordinal - 1, version, kind, 1,
    CASE WHEN kind = 1 THEN
        max(begins) OVER (PARTITION BY name ORDER BY revision ROWS UNBOUNDED PRECEDING)
    END,
    value, digest
FROM (
    SELECT
        name, revision, ordinal, version, kind, value, digest,
        CASE WHEN kind = 1 AND lag(kind) OVER (PARTITION BY name ORDER BY revision) IS NOT 1 THEN revision END AS begins
    FROM events_1
)
ORDER BY name, revision;

DROP TABLE events_1;

CREATE UNIQUE INDEX events_revision_ordinal_key ON events (revision, ordinal);

ALTER TABLE changes ADD COLUMN actor_id TEXT;

DROP INDEX changes_idempotency_idx;

CREATE INDEX changes_idempotency_idx ON changes (idempotency_key, actor_id, revision)
    WHERE idempotency_key IS NOT NULL;

-- Rows of these two may be deleted: a key that is gone makes its values unreadable for ever.
CREATE TABLE data_keys (
    value_id    BLOB NOT NULL,
    key_id      BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    CONSTRAINT data_keys_pkey PRIMARY KEY (value_id),
    CONSTRAINT data_keys_value_id_length CHECK (length(value_id) = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    revision INTEGER NOT NULL,
    chunk    INTEGER NOT NULL,
    content  BLOB    NOT NULL,
    CONSTRAINT snapshots_pkey PRIMARY KEY (revision, chunk),
    CONSTRAINT snapshots_revision CHECK (revision >= 1),
    CONSTRAINT snapshots_chunk CHECK (chunk >= 0)
) STRICT;

-- The oldest schema whose releases can still read, and append to, a file that has had this migration.
ALTER TABLE schema_migrations RENAME TO schema_migrations_1;

CREATE TABLE schema_migrations (
    version       INTEGER NOT NULL,
    applied_us    INTEGER NOT NULL,
    oldest_reader INTEGER NOT NULL,
    oldest_writer INTEGER NOT NULL,
    CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
) STRICT;

INSERT INTO schema_migrations (version, applied_us, oldest_reader, oldest_writer)
SELECT version, applied_us, version, version
FROM schema_migrations_1
ORDER BY version;

DROP TABLE schema_migrations_1;

-- An empty log may become the copy of another one, with that one's identity.
DROP TRIGGER log_head_forward;

CREATE TRIGGER log_head_forward BEFORE UPDATE ON log_head
WHEN NOT (OLD.revision = 0 AND NEW.revision = 0)
    AND (
        NEW.revision <= OLD.revision
        OR NEW.log_id IS NOT OLD.log_id
        OR NEW.fingerprint_key IS NOT OLD.fingerprint_key
    )
BEGIN
    SELECT RAISE(ABORT, 'the head only moves forward');
END;

-- The triggers of the copied tables went with them. See 0001_log.sql for their reasons.
CREATE TRIGGER events_dense BEFORE INSERT ON events
WHEN NEW.version IS NOT coalesce(
        (SELECT version FROM events WHERE name = NEW.name ORDER BY revision DESC LIMIT 1), 0) + 1
    OR NEW.revision IS NOT (SELECT max(revision) FROM changes)
BEGIN
    SELECT RAISE(ABORT, 'versions are dense and events are never replaced');
END;

CREATE TRIGGER names_new BEFORE INSERT ON names
WHEN NEW.first_revision IS NOT (SELECT max(revision) FROM changes)
    OR EXISTS (SELECT 1 FROM names WHERE name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'names are never replaced');
END;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never updated');
END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted');
END;

CREATE TRIGGER names_no_update BEFORE UPDATE ON names
BEGIN
    SELECT RAISE(ABORT, 'names are never updated');
END;

CREATE TRIGGER names_no_delete BEFORE DELETE ON names
BEGIN
    SELECT RAISE(ABORT, 'names are never deleted');
END;
