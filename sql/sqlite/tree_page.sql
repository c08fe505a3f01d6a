-- Purpose: names with the newest event of each at a revision, deleted ones included; one page.
-- Parameters: ?1 revision, ?2 first possible name, ?3 end of the names (excluded), ?4 rows at most.
-- Columns: name, first_revision; revision, version, created, kind, format, value, encrypted, attributes, digest of the
--   event; instant_us, actor, reason, hash of its change (all absent: the file is damaged).
-- Index: the primary key of names, walked; that of events, one seek a name for its newest event whatever the
--   length of its history; that of changes.
SELECT
    n.name, n.first_revision,
    e.revision, e.version, e.created,
    e.kind, e.format, e.value, e.encrypted, e.attributes, e.digest,
    c.instant_us, c.actor, c.reason, c.hash
FROM names AS n
LEFT JOIN events AS e
    ON e.name = n.name
    AND e.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = n.name AND l.revision <= ?1)
LEFT JOIN changes AS c ON c.revision = e.revision
WHERE n.name >= ?2 AND n.name < ?3 AND n.first_revision <= ?1
ORDER BY n.name
LIMIT ?4;
