-- Purpose: the last change, locked against every other append until the transaction ends. Outside of a
--   transaction: a commit that waits for the disk and for synchronous standbys like an append's.
-- Parameters: none.
-- Columns: as head.sql, then the session's synchronous_commit (text): on, or remote_apply where it is set.
--   A reload that turns it off must not lose what this transaction writes.
-- Index: head_revision. Lock: the head's row, FOR UPDATE.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       CASE pg_catalog.current_setting('synchronous_commit')
           WHEN 'remote_apply' THEN 'remote_apply'
           ELSE pg_catalog.set_config('synchronous_commit', 'on', true)
       END
FROM configapi.head
ORDER BY revision DESC
LIMIT 1
FOR UPDATE
