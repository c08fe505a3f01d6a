-- Purpose: as changes_after.sql, for a log that still has schema 1: to verify it as it is.
-- Parameters, columns: as changes_after.sql; columns that this schema does not have are null.
-- Index: events_place, walked from $1 and $2; changes_pkey and events_pkey, one probe an event each.
-- Lock: none. A change that is lost shows as events without one.
SELECT part.revision, part.name, part.version, part.created, part.follows,
       part.kind, part.format, part.value, part.encrypted, part.attributes, part.digest,
       part.previous_kind, part.previous_format, part.previous_value, part.previous_encrypted, part.previous_attributes,
       part.previous_digest,
       part.change_id, part.instant_us, part.actor, part.actor_id, part.reason, part.request_id,
       part.trace_id, part.change_attributes, part.idempotency_key, part.idempotency_content, part.hash,
       part.ordinal, part.next_revision
FROM (
    SELECT event.revision, event.ordinal, event.name, event.version, NULL::bigint AS created,
           coalesce(previous.revision, 0) AS follows, event.kind, 1::smallint AS format, event.value,
           NULL::bytea AS encrypted, NULL::text AS attributes, event.digest,
           previous.kind AS previous_kind, 1::smallint AS previous_format, previous.value AS previous_value,
           NULL::bytea AS previous_encrypted, NULL::text AS previous_attributes, previous.digest AS previous_digest,
           change.change_id, change.instant_us, change.actor, NULL::text AS actor_id, change.reason, change.request_id,
           change.trace_id, change.attributes AS change_attributes, change.idempotency_key,
           change.idempotency_content, change.hash,
           size.bytes,
           (sum(size.bytes) OVER walk)::bigint AS bytes_so_far,
           lead(event.revision) OVER walk AS next_revision
    FROM configapi.events AS event
    LEFT JOIN LATERAL (
        SELECT own.change_id, own.instant_us, own.actor, own.reason, own.request_id, own.trace_id, own.attributes,
               own.idempotency_key, own.idempotency_content, own.hash
        FROM configapi.changes AS own
        WHERE own.revision = event.revision AND event.ordinal = 0
        ORDER BY own.revision
        LIMIT 1
    ) AS change ON true
    LEFT JOIN LATERAL (
        SELECT before.revision, before.version, before.kind, before.value, before.digest
        FROM configapi.events AS before
        WHERE event.version > 1 AND before.name = event.name AND before.version < event.version
        ORDER BY before.version DESC
        LIMIT 1
    ) AS previous ON previous.version = event.version - 1
    CROSS JOIN LATERAL (
        SELECT $6::bigint + octet_length(event.name) + coalesce(octet_length(event.value), 0)
               + coalesce(octet_length(previous.value), 0)
               + CASE WHEN event.ordinal = 0 THEN $6::bigint + coalesce(octet_length(change.reason), 0) ELSE 0 END AS bytes
    ) AS size
    WHERE (event.revision, event.ordinal) > ($1::bigint, $2::integer) AND event.revision <= $3
    WINDOW walk AS (ORDER BY event.revision, event.ordinal ROWS UNBOUNDED PRECEDING)
    ORDER BY event.revision, event.ordinal
    LIMIT $4
) AS part
WHERE part.bytes_so_far <= $5 OR part.bytes_so_far = part.bytes
ORDER BY part.revision, part.ordinal
