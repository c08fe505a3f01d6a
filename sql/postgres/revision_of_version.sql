-- Purpose: the revision of one version of a name, 0 for version 0: the first at which it has that many events;
--   the one after $3 if it has fewer until then.
-- Parameters: $1 name, $2 version, $3 revision.
-- Columns: revision (bigint); one row.
-- Index: log_stream, some twenty probes: versions are dense and rise with revisions, so the log is searched
--   by halves. Before low the name has fewer events, at high it has them or there is no more to look at.
-- Lock: none.
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, least($3, (SELECT max(head.revision) FROM configapi.head AS head)) + 1
    UNION ALL
    SELECT CASE WHEN coalesce(there.version, 0) >= $2 THEN search.low ELSE middle.revision + 1 END,
           CASE WHEN coalesce(there.version, 0) >= $2 THEN middle.revision ELSE search.high END
    FROM search
    CROSS JOIN LATERAL (SELECT search.low + (search.high - search.low) / 2 AS revision) AS middle
    LEFT JOIN LATERAL (
        SELECT event.version
        FROM configapi.log AS event
        WHERE event.name = $1 AND event.follows < middle.revision AND event.revision <= middle.revision
        ORDER BY event.follows DESC
        LIMIT 1
    ) AS there ON true
    WHERE search.low < search.high
)
SELECT max(search.low)
FROM search
WHERE search.low >= search.high
