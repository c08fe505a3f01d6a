-- Purpose: the changes after a revision, oldest first, each whole, with the event before each event.
-- Parameters: $1 revision, $2 changes at most, $3 bytes of names and values at most (one change at least).
-- Columns: of the event: revision, name, version, created, follows, and its content: kind, format, value, encrypted,
--   attributes, digest; of the event before it in its stream or null: its content; of the change, with its first event
--   only, else null: change_id, instant_us, actor, actor_id, reason, request_id, trace_id, attributes, idempotency_key,
--   idempotency_content, hash.
-- Index: log_pkey for the page and its events, log_stream for those before.
-- Lock: none. Lengths are read from the toast's header, so that a value past the page's end is not fetched.
WITH sized AS (
    SELECT change.revision, size.bytes,
           (sum(size.bytes) OVER (ORDER BY change.revision ROWS UNBOUNDED PRECEDING))::bigint AS bytes_so_far
    FROM configapi.log AS change
    CROSS JOIN LATERAL (
        SELECT sum(octet_length(event.name)
                   + coalesce(octet_length(event.value), octet_length(event.encrypted), 0)) AS bytes
        FROM configapi.log AS event
        WHERE event.revision = change.revision
    ) AS size
    WHERE change.revision > $1 AND change.ordinal = 0
    ORDER BY change.revision
    LIMIT $2
)
SELECT event.revision, event.name, event.version, event.created, event.follows,
       event.kind, event.format, event.value, event.encrypted, event.attributes, event.digest,
       previous.kind, previous.format, previous.value, previous.encrypted, previous.attributes, previous.digest,
       event.change_id, event.instant_us, event.actor, event.actor_id, event.reason, event.request_id,
       event.trace_id, event.change_attributes, event.idempotency_key, event.idempotency_content, event.hash
FROM sized
JOIN configapi.log AS event ON event.revision = sized.revision
LEFT JOIN LATERAL (
    SELECT before.revision, before.kind, before.format, before.value, before.encrypted, before.attributes,
           before.digest
    FROM configapi.log AS before
    WHERE before.name = event.name AND before.follows < event.follows
    ORDER BY before.follows DESC
    LIMIT 1
) AS previous ON previous.revision = event.follows
WHERE sized.bytes_so_far <= $3 OR sized.bytes_so_far = sized.bytes
ORDER BY event.revision, event.ordinal
