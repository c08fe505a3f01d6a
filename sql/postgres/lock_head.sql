-- Purpose: the last change, locked against every other append until the transaction ends. Outside of a
--   transaction: a commit that waits for the disk and for synchronous standbys like an append's.
-- Parameters: none.
-- Columns: as head.sql.
-- Index: none, one row. Lock: the head's row, FOR UPDATE.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM configapi.log_head
FOR UPDATE
