-- Purpose: a name's events up to a revision, the newest first, each with the event before it.
-- Parameters: $1 name, $2 revision of the event after the page, the greatest bigint for none, $3 revision,
--   $4 events at most, $5 bytes of names and values at most (one event at least).
-- Columns: of the event: revision, name, version, kind, value, digest, follows; of the event before it or null:
--   kind, value, digest; of the change: change_id, instant_us, actor, reason, request_id, trace_id,
--   attributes, idempotency_key, idempotency_content, hash.
-- Index: events_stream for the page and the events before, events_pkey for the changes. Lock: none. A lost
--   change leaves nulls.
SELECT page.revision, page.name, page.version, page.kind, page.value, page.digest, page.follows,
       previous.kind, previous.value, previous.digest,
       change.change_id, change.instant_us, change.actor, change.reason, change.request_id,
       change.trace_id, change.attributes, change.idempotency_key, change.idempotency_content, change.hash
FROM (
    SELECT event.revision, event.name, event.version, event.kind, event.value, event.digest, event.follows,
           octet_length(event.name) + coalesce(octet_length(event.value), 0) AS bytes,
           sum(octet_length(event.name) + coalesce(octet_length(event.value), 0))
               OVER (ORDER BY event.follows DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM configapi.log AS event
    WHERE event.name = $1 AND event.follows < $2 AND event.revision < $2
      AND event.follows < $3 AND event.revision <= $3
    ORDER BY event.follows DESC
    LIMIT $4
) AS page
LEFT JOIN configapi.log AS change ON change.revision = page.revision AND change.ordinal = 0
LEFT JOIN LATERAL (
    SELECT before.revision, before.kind, before.value, before.digest
    FROM configapi.log AS before
    WHERE before.name = page.name AND before.follows < page.follows
    ORDER BY before.follows DESC
    LIMIT 1
) AS previous ON previous.revision = page.follows
WHERE page.bytes_so_far <= $5 OR page.bytes_so_far = page.bytes
ORDER BY page.follows DESC
