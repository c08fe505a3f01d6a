-- Purpose: makes an empty log the beginning of another one.
-- Parameters: $1 log id, $2 fingerprint key, $3 hash of the empty head.
-- Columns: revision; one row, or none if the log holds a change.
-- Index: head_revision. Lock: the head's row.
UPDATE configapi.head
SET log_id = $1, fingerprint_key = $2, hash = $3
WHERE revision = 0
RETURNING revision
