-- Purpose: which names have events after one revision and up to another, in the order of the log, without their values.
-- Parameters: $1 revision, $2 revision, $3 events at most.
-- Columns: revision, name; a row an event. The page may end inside of a change.
-- Index: log_pkey, walked from $1. Lock: none.
SELECT event.revision, event.name
FROM configapi.log AS event
WHERE event.revision > $1 AND event.revision <= $2
ORDER BY event.revision, event.ordinal
LIMIT $3
