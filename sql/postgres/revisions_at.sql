-- Purpose: for each of some instants, the last revision whose instant is not after it; 0 if there is none.
-- Parameters: $1 instants in microseconds since 1970 (array), in any order.
-- Columns: revision (bigint); a row an instant, in the order of the array.
-- Index: log_pkey, some twenty probes for each instant: instants rise with revisions and revisions have no gaps, so
--   the log is searched by halves. low is known to be not after, high + 1 to be after.
-- Lock: none.
SELECT found.revision
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (instant_us, place)
CROSS JOIN LATERAL (
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, (SELECT max(change.revision) FROM configapi.log AS change)
        UNION ALL
        SELECT CASE WHEN middle.instant_us <= wanted.instant_us THEN middle.revision ELSE search.low END,
               CASE WHEN middle.instant_us <= wanted.instant_us THEN search.high ELSE middle.revision - 1 END
        FROM search
        CROSS JOIN LATERAL (
            SELECT change.revision, change.instant_us
            FROM configapi.log AS change
            WHERE change.revision = search.low + (search.high - search.low + 1) / 2 AND change.ordinal = 0
            ORDER BY change.revision
            LIMIT 1
        ) AS middle
        WHERE search.low < search.high
    )
    SELECT coalesce(max(search.low), 0) AS revision
    FROM search
    WHERE search.low >= search.high
) AS found
ORDER BY wanted.place
