-- Purpose: the newest event of one name at a revision.
-- Parameters: ?1 name, ?2 revision.
-- Columns: name, revision, version, created, kind, format, value, encrypted, attributes, digest of the event;
--   instant_us, actor, reason, hash of its change.
-- Index: the primary keys of events and changes, one seek each.
SELECT
    e.name, e.revision, e.version, e.created,
    e.kind, e.format, e.value, e.encrypted, e.attributes, e.digest,
    c.instant_us, c.actor, c.reason, c.hash
FROM events AS e
CROSS JOIN changes AS c ON c.revision = e.revision
WHERE e.name = ?1 AND e.revision <= ?2
ORDER BY e.revision DESC
LIMIT 1;
