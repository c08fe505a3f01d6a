-- Purpose: the head of a log that holds nothing yet; once, with the first migration.
-- Parameters: $1 log id (16 bytes), $2 fingerprint key (32 bytes), $3 hash, $4 instant in microseconds.
-- Columns: none.
-- Lock: inside the migration's transaction, under its advisory lock.
INSERT INTO configapi.head (log_id, fingerprint_key, revision, hash, instant_us, names, events)
VALUES ($1, $2, 0, $3, $4, 0, 0)
