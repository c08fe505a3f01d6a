-- Purpose: the last change, and the server's clock.
-- Parameters: none.
-- Columns: revision, hash, instant_us, names, events, clock (bigint, microseconds since 1970); one row.
-- Index: head_revision, read from its end. Under an old snapshot the table keeps every row that an append replaced.
--   Lock: none.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM configapi.head
ORDER BY revision DESC
LIMIT 1
