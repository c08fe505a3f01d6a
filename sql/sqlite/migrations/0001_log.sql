-- Purpose: the log: its head, its changes, their events, and the names that there have ever been.
-- Layout: events lie in the order of (name, revision), so that the newest event of a name at any revision is
--   one seek, its value included, and the event before it lies beside it. The order of the log is the index
--   events_revision_ordinal_key. Names compare by their bytes (BINARY, SQLite's default).
--   There is no key (name, version): a second tree in the order of names would double the pages that a commit
--   writes. The trigger events_dense keeps versions unique and dense, and since they rise with revisions, a
--   version is found by halving the revisions.
-- Lock taken: the file's write lock, in the transaction of the migration.

-- "CfAp": tells this file from any other SQLite database.
PRAGMA application_id = 1130774896;

CREATE TABLE log_head (
    id              INTEGER NOT NULL,
    log_id          BLOB    NOT NULL,
    fingerprint_key BLOB    NOT NULL,
    revision        INTEGER NOT NULL,
    hash            BLOB    NOT NULL,
    instant_us      INTEGER NOT NULL,
    names           INTEGER NOT NULL,
    events          INTEGER NOT NULL,
    CONSTRAINT log_head_pkey PRIMARY KEY (id),
    CONSTRAINT log_head_single CHECK (id = 1),
    CONSTRAINT log_head_log_id_length CHECK (length(log_id) = 16),
    CONSTRAINT log_head_fingerprint_key_length CHECK (length(fingerprint_key) = 32),
    CONSTRAINT log_head_hash_length CHECK (length(hash) = 32),
    CONSTRAINT log_head_counts CHECK (revision >= 0 AND names >= 0 AND events >= names)
) STRICT;

CREATE TABLE names (
    name           TEXT    NOT NULL,
    first_revision INTEGER NOT NULL,
    CONSTRAINT names_pkey PRIMARY KEY (name),
    CONSTRAINT names_name_length CHECK (octet_length(name) BETWEEN 1 AND 512),
    CONSTRAINT names_first_revision CHECK (first_revision >= 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    revision            INTEGER NOT NULL,
    change_id           BLOB    NOT NULL,
    instant_us          INTEGER NOT NULL,
    actor               TEXT    NOT NULL,
    reason              TEXT,
    request_id          TEXT,
    trace_id            TEXT,
    attributes          TEXT,
    idempotency_key     TEXT,
    idempotency_content BLOB,
    hash                BLOB    NOT NULL,
    CONSTRAINT changes_pkey PRIMARY KEY (revision),
    CONSTRAINT changes_change_id_length CHECK (length(change_id) = 16),
    CONSTRAINT changes_idempotency_whole CHECK ((idempotency_key IS NULL) = (idempotency_content IS NULL)),
    CONSTRAINT changes_hash_length CHECK (length(hash) = 32)
) STRICT;

-- Instants rise with revisions: "at T" names one revision.
CREATE UNIQUE INDEX changes_instant_us_key ON changes (instant_us);

CREATE INDEX changes_idempotency_idx ON changes (idempotency_key, actor, revision)
    WHERE idempotency_key IS NOT NULL;

CREATE TABLE events (
    name     TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    ordinal  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    value    TEXT,
    digest   BLOB    NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (name, revision),
    CONSTRAINT events_ordinal CHECK (ordinal >= 1),
    CONSTRAINT events_kind_value CHECK ((kind = 1 AND value IS NOT NULL) OR (kind = 2 AND value IS NULL)),
    CONSTRAINT events_digest_length CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX events_revision_ordinal_key ON events (revision, ordinal);

-- A row is never changed and never goes. `INSERT OR REPLACE` removes rows without asking a DELETE trigger
-- (https://www.sqlite.org/lang_conflict.html), so that the triggers on INSERT let only the next row in: they
-- also keep revisions and versions dense.
CREATE TRIGGER changes_dense BEFORE INSERT ON changes
WHEN NEW.revision IS NOT (SELECT coalesce(max(revision), 0) + 1 FROM changes)
BEGIN
    SELECT RAISE(ABORT, 'revisions are dense and changes are never replaced');
END;

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

CREATE TRIGGER log_head_new BEFORE INSERT ON log_head
WHEN EXISTS (SELECT 1 FROM log_head)
BEGIN
    SELECT RAISE(ABORT, 'a log has one head');
END;

CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes are never updated');
END;

CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes are never deleted');
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

CREATE TRIGGER log_head_forward BEFORE UPDATE ON log_head
WHEN NEW.revision <= OLD.revision
    OR NEW.log_id IS NOT OLD.log_id
    OR NEW.fingerprint_key IS NOT OLD.fingerprint_key
BEGIN
    SELECT RAISE(ABORT, 'the head only moves forward');
END;

CREATE TRIGGER log_head_no_delete BEFORE DELETE ON log_head
BEGIN
    SELECT RAISE(ABORT, 'the head is never deleted');
END;
