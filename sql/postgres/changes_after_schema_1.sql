-- Purpose: as changes_after.sql, for a log that still has schema 1: to verify it as it is.
-- Parameters: $1 revision, $2 changes at most, $3 bytes of names and values at most (one change at least).
-- Columns: of the event: revision, name, version, created, follows, and its content: kind, format, value, encrypted,
--   attributes, digest; of the event before it in its stream or null: its content; of the change, with its first event
--   only, else null: change_id, instant_us, actor, actor_id, reason, request_id, trace_id, attributes, idempotency_key,
--   idempotency_content, hash.
-- Index: changes_pkey for the page, events_place for its events, events_pkey for those before.
-- Lock: none. A change that is lost shows as events without one.
WITH sized AS (
    SELECT change.revision, size.bytes,
           (sum(size.bytes) OVER (ORDER BY change.revision ROWS UNBOUNDED PRECEDING))::bigint AS bytes_so_far
    FROM configapi.changes AS change
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(octet_length(event.name) + coalesce(octet_length(event.value), 0)), 0) AS bytes
        FROM configapi.events AS event
        WHERE event.revision = change.revision
    ) AS size
    WHERE change.revision > $1
    ORDER BY change.revision
    LIMIT $2
)
SELECT event.revision, event.name, event.version, NULL::bigint, coalesce(previous.revision, 0),
       event.kind, 1::smallint, event.value, NULL::bytea, NULL::text, event.digest,
       previous.kind, 1::smallint, previous.value, NULL::bytea, NULL::text, previous.digest,
       change.change_id, change.instant_us, change.actor, NULL::text, change.reason, change.request_id,
       change.trace_id, change.attributes, change.idempotency_key, change.idempotency_content, change.hash
FROM sized
JOIN configapi.events AS event ON event.revision = sized.revision
LEFT JOIN configapi.changes AS change ON change.revision = event.revision AND event.ordinal = 0
LEFT JOIN configapi.events AS previous ON previous.name = event.name AND previous.version = event.version - 1
WHERE sized.bytes_so_far <= $3 OR sized.bytes_so_far = sized.bytes
ORDER BY event.revision, event.ordinal
