-- Purpose: a name's events up to a revision, last version first, each with the event before it and its change.
-- Parameters: ?1 name, ?2 revision that is after the page, ?3 revision, ?4 rows at most.
-- Columns: those of events_of_changes.sql, then those of changes_after.sql.
-- Index: the primary key of events, walked from ?2; that of changes.
SELECT
    e.revision, e.name, e.version, e.created, coalesce(p.revision, 0) AS follows,
    e.kind, e.format, e.value, e.encrypted, e.attributes, e.digest,
    p.kind AS previous_kind, p.format AS previous_format, p.value AS previous_value, p.encrypted AS previous_encrypted,
    p.attributes AS previous_attributes, p.digest AS previous_digest,
    c.revision, c.change_id, c.instant_us, c.actor, c.actor_id, c.reason, c.request_id, c.trace_id,
    c.attributes, c.idempotency_key, c.idempotency_content, c.hash
FROM events AS e
CROSS JOIN changes AS c ON c.revision = e.revision
LEFT JOIN events AS p
    ON p.name = e.name
    AND p.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = e.name AND l.revision < e.revision)
WHERE e.name = ?1
    AND e.revision < ?2
    AND e.revision <= ?3
ORDER BY e.revision DESC
LIMIT ?4;
