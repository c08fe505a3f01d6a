-- Purpose: a name's events up to a revision, the newest first, each with the event before it.
-- Parameters: $1 name, $2 revision, $3 versions before this one, the greatest bigint for all,
--   $4 events at most, $5 bytes of names and values at most (one event at least).
-- Columns: of the event: revision, name, version, kind, value, digest; of the event before it or null:
--   kind, value, digest; of the change: change_id, instant_us, actor, reason, request_id, trace_id,
--   attributes, idempotency_key, idempotency_content, hash.
-- Index: events_name_revision for the last version, events_pkey for the page and the events before,
--   changes_pkey. Lock: none. A lost change leaves nulls.
SELECT page.revision, page.name, page.version, page.kind, page.value, page.digest,
       previous.kind, previous.value, previous.digest,
       change.change_id, change.instant_us, change.actor, change.reason, change.request_id,
       change.trace_id, change.attributes, change.idempotency_key, change.idempotency_content, change.hash
FROM (
    SELECT event.revision, event.name, event.version, event.kind, event.value, event.digest,
           octet_length(event.name) + coalesce(octet_length(event.value), 0) AS bytes,
           sum(octet_length(event.name) + coalesce(octet_length(event.value), 0))
               OVER (ORDER BY event.version DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM configapi.events AS event
    WHERE event.name = $1 AND event.version < $3
      AND event.version <= (
          SELECT last.version
          FROM configapi.events AS last
          WHERE last.name = $1 AND last.revision <= $2
          ORDER BY last.revision DESC
          LIMIT 1
      )
    ORDER BY event.version DESC
    LIMIT $4
) AS page
LEFT JOIN configapi.changes AS change ON change.revision = page.revision
LEFT JOIN configapi.events AS previous
    ON previous.name = page.name AND previous.version = page.version - 1
WHERE page.bytes_so_far <= $5 OR page.bytes_so_far = page.bytes
ORDER BY page.version DESC
