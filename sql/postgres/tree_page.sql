-- Purpose: names with their newest event up to a revision, sorted by their bytes, deleted ones included.
-- Parameters: $1 revision, $2 names from here on (the prefix), $3 names past this one (empty for all),
--   $4 names before this one (null for all), $5 rows at most, $6 bytes of names and values at most (one row
--   at least).
-- Columns: of the event: name, revision, version, created, kind, format, value, encrypted, attributes, digest; of its
--   change: instant_us, actor, reason, hash.
-- Index: log_first in order, one probe each into log_stream and log_pkey; planned with its
--   parameters' values, so that $4 is either a bound of the walk or nothing. The join stands inside the
--   probe: outside, the planner remembers or hashes changes that it meets once (a seventh more CPU).
--   A change that is lost leaves nulls, for the reader to notice; it must not let an older event through.
-- Lock: none.
SELECT page.name, page.revision, page.version, page.created,
       page.kind, page.format, page.value, page.encrypted, page.attributes, page.digest,
       page.instant_us, page.actor, page.reason, page.hash
FROM (
    SELECT name.name, newest.revision, newest.version, newest.created, newest.kind, newest.format, newest.value,
           newest.encrypted, newest.attributes, newest.digest,
           newest.instant_us, newest.actor, newest.reason, newest.hash,
           octet_length(name.name) + coalesce(octet_length(newest.value), octet_length(newest.encrypted), 0) AS bytes,
           sum(octet_length(name.name) + coalesce(octet_length(newest.value), octet_length(newest.encrypted), 0))
               OVER (ORDER BY name.name ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM configapi.log AS name
    CROSS JOIN LATERAL (
        SELECT event.revision, event.version, event.created, event.kind, event.format, event.value, event.encrypted,
               event.attributes, event.digest,
               change.instant_us, change.actor, change.reason, change.hash
        FROM configapi.log AS event
        LEFT JOIN configapi.log AS change ON change.revision = event.revision AND change.ordinal = 0
        WHERE event.name = name.name AND event.follows < $1 AND event.revision <= $1
        ORDER BY event.follows DESC
        LIMIT 1
    ) AS newest
    WHERE name.name >= $2 AND name.name > $3 AND ($4::text IS NULL OR name.name < $4)
      AND name.version = 1 AND name.revision <= $1
    ORDER BY name.name
    LIMIT $5
) AS page
WHERE page.bytes_so_far <= $6 OR page.bytes_so_far = page.bytes
ORDER BY page.name
