-- Purpose: the newest change of each idempotency key, by the id of its actor, that was recorded at or after an instant.
-- Parameters: $1 ids of actors (null for an anonymous one), $2 keys (arrays of one length), $3 instant in microseconds
--   since 1970.
-- Columns: actor_id, idempotency_key, idempotency_content, revision; a row a key that was found.
-- Index: log_idempotency, read backwards, one probe a key. Two branches, since no index finds IS NOT DISTINCT FROM. The
--   order names the index's columns: by the revision alone a planner may walk the log instead. Lock: none.
SELECT wanted.actor_id, wanted.idempotency_key, found.idempotency_content, found.revision
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (actor_id, idempotency_key, place)
CROSS JOIN LATERAL (
    (SELECT change.revision, change.idempotency_content
     FROM configapi.log AS change
     WHERE change.idempotency_key = wanted.idempotency_key
       AND change.actor_id = wanted.actor_id
       AND change.instant_us >= $3
     ORDER BY change.idempotency_key DESC, change.actor_id DESC, change.revision DESC
     LIMIT 1)
    UNION ALL
    (SELECT change.revision, change.idempotency_content
     FROM configapi.log AS change
     WHERE wanted.actor_id IS NULL
       AND change.idempotency_key = wanted.idempotency_key
       AND change.actor_id IS NULL
       AND change.instant_us >= $3
     ORDER BY change.idempotency_key DESC, change.actor_id DESC, change.revision DESC
     LIMIT 1)
) AS found
ORDER BY wanted.place
