-- Purpose: one name's newest event up to a revision.
-- Parameters: $1 name, $2 revision.
-- Columns: as tree_page.sql; one row or none.
-- Index: events_name_revision, changes_pkey. Lock: none. A lost change leaves nulls.
SELECT event.name, event.revision, event.version, event.kind, event.value, event.digest,
       change.instant_us, change.actor, change.reason
FROM configapi.events AS event
LEFT JOIN configapi.changes AS change ON change.revision = event.revision
WHERE event.name = $1 AND event.revision <= $2
ORDER BY event.revision DESC
LIMIT 1
