-- Purpose: on a log of an older schema, for `verify`: the last change, and the server's clock.
-- Parameters: none.
-- Columns: revision, hash, instant_us, names, events, clock (bigint, microseconds since 1970); one row.
-- Index: none, one row. Lock: none.
SELECT revision, hash, instant_us, names, events,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM configapi.log_head
