-- Purpose: one name's newest event up to a revision.
-- Parameters: $1 name, $2 revision.
-- Columns: as tree_page.sql; one row or none.
-- Index: log_stream, walked back from $2 over two entries at most; log_pkey. Lock: none. A lost change
--   leaves nulls.
SELECT event.name, event.revision, event.version, event.created,
       event.kind, event.format, event.value, event.encrypted, event.attributes, event.digest,
       change.instant_us, change.actor, change.reason, change.hash
FROM configapi.log AS event
LEFT JOIN configapi.log AS change ON change.revision = event.revision AND change.ordinal = 0
WHERE event.name = $1 AND event.follows < $2 AND event.revision <= $2
ORDER BY event.follows DESC
LIMIT 1
