-- Purpose: the newest event up to a revision of each of some names.
-- Parameters: ?1 names as a JSON array of texts, ?2 revision.
-- Columns: those of config_at.sql; a row for each name that there has been until then.
-- Index: the primary keys of events and changes, a seek a name; a seek more for its newest event.
SELECT
    e.name, e.revision, e.version, e.created,
    e.kind, e.format, e.value, e.encrypted, e.attributes, e.digest,
    c.instant_us, c.actor, c.reason, c.hash
FROM json_each(?1) AS wanted
CROSS JOIN events AS e
LEFT JOIN changes AS c ON c.revision = e.revision
WHERE e.name = wanted.value
    AND e.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = wanted.value AND l.revision <= ?2);
