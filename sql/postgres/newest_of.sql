-- Purpose: the newest event up to a revision of each of some names.
-- Parameters: $1 names, $2 revision.
-- Columns: as tree_page.sql; a row for each name that there has been until then.
-- Index: log_stream, walked back from $2 over two entries a name at most; log_pkey. Lock: none. A lost change
--   leaves nulls.
SELECT newest.name, newest.revision, newest.version, newest.created,
       newest.kind, newest.format, newest.value, newest.encrypted, newest.attributes, newest.digest,
       newest.instant_us, newest.actor, newest.reason, newest.hash
FROM unnest($1::text[]) AS wanted (name)
CROSS JOIN LATERAL (
    SELECT event.name, event.revision, event.version, event.created,
           event.kind, event.format, event.value, event.encrypted, event.attributes, event.digest,
           change.instant_us, change.actor, change.reason, change.hash
    FROM configapi.log AS event
    LEFT JOIN configapi.log AS change ON change.revision = event.revision AND change.ordinal = 0
    WHERE event.name = wanted.name AND event.follows < $2 AND event.revision <= $2
    ORDER BY event.follows DESC
    LIMIT 1
) AS newest
