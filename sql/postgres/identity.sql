-- Purpose: what makes this log this log.
-- Parameters: none.
-- Columns: log_id, fingerprint_key (bytea); one row.
-- Index: head_revision, read from its end. Under an old snapshot the table keeps every row that an append replaced.
--   Lock: none.
SELECT log_id, fingerprint_key
FROM configapi.head
ORDER BY revision DESC
LIMIT 1
