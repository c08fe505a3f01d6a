-- Purpose: what makes this log this log.
-- Columns: log_id, fingerprint_key; no row in a file that has no log yet.
-- Index: none, one row.
SELECT log_id, fingerprint_key
FROM log_head
ORDER BY id;
