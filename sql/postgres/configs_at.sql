-- Purpose: the newest event up to a revision of each of some names, in the order of the names.
-- Parameters: $1 names (array), $2 revision, $3 bytes of names and values at most (one name at least).
-- Columns: as tree_page.sql, all null for a name that never was until then; a row a name, from the first on.
-- Index: log_stream, walked back from $2 over two entries at most for each name; log_pkey. Lock: none. A lost change
--   leaves nulls.
SELECT page.name, page.revision, page.version, page.created,
       page.kind, page.format, page.value, page.encrypted, page.attributes, page.digest,
       page.instant_us, page.actor, page.reason, page.hash
FROM (
    SELECT wanted.place,
           newest.name, newest.revision, newest.version, newest.created, newest.kind, newest.format, newest.value,
           newest.encrypted, newest.attributes, newest.digest,
           newest.instant_us, newest.actor, newest.reason, newest.hash,
           coalesce(octet_length(newest.name)
                    + coalesce(octet_length(newest.value), octet_length(newest.encrypted), 0), 0) AS bytes,
           sum(coalesce(octet_length(newest.name)
                        + coalesce(octet_length(newest.value), octet_length(newest.encrypted), 0), 0))
               OVER (ORDER BY wanted.place ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
    LEFT JOIN LATERAL (
        SELECT event.name, event.revision, event.version, event.created, event.kind, event.format, event.value,
               event.encrypted, event.attributes, event.digest,
               change.instant_us, change.actor, change.reason, change.hash
        FROM configapi.log AS event
        LEFT JOIN configapi.log AS change ON change.revision = event.revision AND change.ordinal = 0
        WHERE event.name = wanted.name AND event.follows < $2 AND event.revision <= $2
        ORDER BY event.follows DESC
        LIMIT 1
    ) AS newest ON true
) AS page
WHERE page.bytes_so_far <= $3 OR page.bytes_so_far = page.bytes
ORDER BY page.place
