-- Purpose: the last change, and what is counted along the way.
-- Columns: revision, hash, instant_us, names, events.
-- Index: none, one row.
SELECT revision, hash, instant_us, names, events
FROM log_head
ORDER BY id;
