-- Purpose: on a log of an older schema, for `verify`: as changes_after.sql.
-- Parameters, columns: as changes_after.sql; columns that this schema does not have are null.
-- Index: events_pkey, walked from $1 and $2; events_stream, one probe an event, for those before.
-- Lock: none. Lengths are read from the toast's header, so that a value past the part's end is not fetched.
SELECT part.revision, part.name, part.version, part.created, part.follows,
       part.kind, part.format, part.value, part.encrypted, part.attributes, part.digest,
       part.previous_kind, part.previous_format, part.previous_value, part.previous_encrypted, part.previous_attributes,
       part.previous_digest,
       part.change_id, part.instant_us, part.actor, part.actor_id, part.reason, part.request_id,
       part.trace_id, part.change_attributes, part.idempotency_key, part.idempotency_content, part.hash,
       part.ordinal, part.next_revision
FROM (
    SELECT event.revision, event.ordinal, event.name, event.version, NULL::bigint AS created, event.follows,
           event.kind, 1::smallint AS format, event.value, NULL::bytea AS encrypted, NULL::text AS attributes,
           event.digest,
           previous.kind AS previous_kind, 1::smallint AS previous_format, previous.value AS previous_value,
           NULL::bytea AS previous_encrypted, NULL::text AS previous_attributes, previous.digest AS previous_digest,
           event.change_id, event.instant_us, event.actor, NULL::text AS actor_id, event.reason, event.request_id,
           event.trace_id, event.attributes AS change_attributes, event.idempotency_key, event.idempotency_content,
           event.hash,
           size.bytes,
           (sum(size.bytes) OVER walk)::bigint AS bytes_so_far,
           lead(event.revision) OVER walk AS next_revision
    FROM configapi.events AS event
    LEFT JOIN LATERAL (
        SELECT before.revision, before.kind, before.value, before.digest
        FROM configapi.events AS before
        WHERE event.follows > 0 AND before.name = event.name AND before.follows < event.follows
        ORDER BY before.follows DESC
        LIMIT 1
    ) AS previous ON previous.revision = event.follows
    CROSS JOIN LATERAL (
        SELECT $6::bigint + octet_length(event.name) + coalesce(octet_length(event.value), 0)
               + coalesce(octet_length(previous.value), 0)
               + CASE WHEN event.ordinal = 0 THEN $6::bigint + coalesce(octet_length(event.reason), 0) ELSE 0 END AS bytes
    ) AS size
    WHERE (event.revision, event.ordinal) > ($1::bigint, $2::integer) AND event.revision <= $3
    WINDOW walk AS (ORDER BY event.revision, event.ordinal ROWS UNBOUNDED PRECEDING)
    ORDER BY event.revision, event.ordinal
    LIMIT $4
) AS part
WHERE part.bytes_so_far <= $5 OR part.bytes_so_far = part.bytes
ORDER BY part.revision, part.ordinal
