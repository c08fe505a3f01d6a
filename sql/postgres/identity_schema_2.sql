-- Purpose: on a log of an older schema, for `verify`: what makes this log this log.
-- Parameters: none.
-- Columns: log_id, fingerprint_key (bytea); one row.
-- Index: none, one row. Lock: none.
SELECT log_id, fingerprint_key
FROM configapi.log_head
