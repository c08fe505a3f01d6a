-- Purpose: after an append that found the head moved: the head, and whose changes stand where the batch
--   would have begun and ended. Both, since a batch is stored whole or is another one.
-- Parameters: $1 revision of the batch's first change, $2 of its last.
-- Columns: as head.sql, then first and last change_id (bytea, null if the log has not come that far); one
--   row. One statement, so that all are of one moment.
-- Index: head_revision, log_pkey. Lock: none.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       (SELECT change_id FROM configapi.log WHERE revision = $1 AND ordinal = 0),
       (SELECT change_id FROM configapi.log WHERE revision = $2 AND ordinal = 0)
FROM configapi.head
ORDER BY revision DESC
LIMIT 1
