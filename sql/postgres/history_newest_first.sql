-- Purpose: a name's events up to a revision, the newest first, each with the event before it.
-- Parameters: $1 name, $2 revision of the event after the page, the greatest bigint for none, $3 revision,
--   $4 events at most, $5 bytes of names and values at most (one event at least).
-- Columns: as changes_after.sql, with the change of each event.
-- Index: log_stream for the page and the events before, log_pkey for the changes. Lock: none. A lost
--   change leaves nulls.
SELECT page.revision, page.name, page.version, page.created, page.follows,
       page.kind, page.format, page.value, page.encrypted, page.attributes, page.digest,
       previous.kind, previous.format, previous.value, previous.encrypted, previous.attributes, previous.digest,
       change.change_id, change.instant_us, change.actor, change.actor_id, change.reason, change.request_id,
       change.trace_id, change.change_attributes, change.idempotency_key, change.idempotency_content, change.hash
FROM (
    SELECT event.revision, event.name, event.version, event.created, event.follows,
           event.kind, event.format, event.value, event.encrypted, event.attributes, event.digest,
           octet_length(event.name) + coalesce(octet_length(event.value), octet_length(event.encrypted), 0) AS bytes,
           sum(octet_length(event.name) + coalesce(octet_length(event.value), octet_length(event.encrypted), 0))
               OVER (ORDER BY event.follows DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM configapi.log AS event
    WHERE event.name = $1 AND event.follows < $2 AND event.revision < $2
      AND event.follows < $3 AND event.revision <= $3
    ORDER BY event.follows DESC
    LIMIT $4
) AS page
LEFT JOIN configapi.log AS change ON change.revision = page.revision AND change.ordinal = 0
LEFT JOIN LATERAL (
    SELECT before.revision, before.kind, before.format, before.value, before.encrypted, before.attributes,
           before.digest
    FROM configapi.log AS before
    WHERE before.name = page.name AND before.follows < page.follows
    ORDER BY before.follows DESC
    LIMIT 1
) AS previous ON previous.revision = page.follows
WHERE page.bytes_so_far <= $5 OR page.bytes_so_far = page.bytes
ORDER BY page.follows DESC
