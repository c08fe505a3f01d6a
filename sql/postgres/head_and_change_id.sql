-- Purpose: after an append that found the head moved: the head, and whose change follows the expected one.
-- Parameters: $1 expected revision + 1.
-- Columns: as head.sql, then change_id (bytea, null if the log has not come that far); one row. One
--   statement, so that both are of one moment.
-- Index: changes_pkey. Lock: none.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       (SELECT change_id FROM configapi.changes WHERE revision = $1)
FROM configapi.log_head
