-- Purpose: the events after a place in the log, in its order, each with the event before it in its stream: a part of a
--   page of changes. A change may begin in one part and end in a later one.
-- Parameters: $1 revision and $2 ordinal of the last event that is not wanted, $3 the last revision that is, $4 events at
--   most, $5 bytes of their names and values, of the values before them and of reasons, at most (one event at least),
--   $6 bytes that each event and each change counts for besides.
-- Columns: of the event: revision, name, version, created, follows, and its content: kind, format, value, encrypted,
--   attributes, digest; of the event before it in its stream or null: its content; of the change, with its first event
--   only, else null: change_id, instant_us, actor, actor_id, reason, request_id, trace_id, attributes, idempotency_key,
--   idempotency_content, hash; ordinal; next_revision of the event after it, null if there is none up to $3.
-- Index: log_pkey, walked from $1 and $2; log_stream, one probe an event, for those before.
-- Lock: none. Lengths are read from the toast's header, so that a value past the part's end is not fetched.
SELECT part.revision, part.name, part.version, part.created, part.follows,
       part.kind, part.format, part.value, part.encrypted, part.attributes, part.digest,
       part.previous_kind, part.previous_format, part.previous_value, part.previous_encrypted, part.previous_attributes,
       part.previous_digest,
       part.change_id, part.instant_us, part.actor, part.actor_id, part.reason, part.request_id,
       part.trace_id, part.change_attributes, part.idempotency_key, part.idempotency_content, part.hash,
       part.ordinal, part.next_revision
FROM (
    SELECT event.revision, event.ordinal, event.name, event.version, event.created, event.follows,
           event.kind, event.format, event.value, event.encrypted, event.attributes, event.digest,
           previous.kind AS previous_kind, previous.format AS previous_format, previous.value AS previous_value,
           previous.encrypted AS previous_encrypted, previous.attributes AS previous_attributes,
           previous.digest AS previous_digest,
           event.change_id, event.instant_us, event.actor, event.actor_id, event.reason, event.request_id,
           event.trace_id, event.change_attributes, event.idempotency_key, event.idempotency_content, event.hash,
           size.bytes,
           (sum(size.bytes) OVER walk)::bigint AS bytes_so_far,
           lead(event.revision) OVER walk AS next_revision
    FROM configapi.log AS event
    LEFT JOIN LATERAL (
        SELECT before.revision, before.kind, before.format, before.value, before.encrypted, before.attributes,
               before.digest
        FROM configapi.log AS before
        WHERE event.follows > 0 AND before.name = event.name AND before.follows < event.follows
        ORDER BY before.follows DESC
        LIMIT 1
    ) AS previous ON previous.revision = event.follows
    CROSS JOIN LATERAL (
        SELECT $6::bigint + octet_length(event.name)
               + coalesce(octet_length(event.value), octet_length(event.encrypted), 0)
               + coalesce(octet_length(previous.value), octet_length(previous.encrypted), 0)
               + CASE WHEN event.ordinal = 0 THEN $6::bigint + coalesce(octet_length(event.reason), 0) ELSE 0 END AS bytes
    ) AS size
    WHERE (event.revision, event.ordinal) > ($1::bigint, $2::integer) AND event.revision <= $3
    WINDOW walk AS (ORDER BY event.revision, event.ordinal ROWS UNBOUNDED PRECEDING)
    ORDER BY event.revision, event.ordinal
    LIMIT $4
) AS part
WHERE part.bytes_so_far <= $5 OR part.bytes_so_far = part.bytes
ORDER BY part.revision, part.ordinal
