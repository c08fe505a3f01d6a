-- Purpose: as events_of_changes.sql, for a file that still has schema 1: to verify it as it is.
-- Parameters: ?1 revision.
-- Columns: as events_of_changes.sql.
-- Index: events_revision_ordinal_key, walked; the primary key of events, where the event before lies beside.
SELECT
    e.revision, e.name, e.version, NULL AS created, coalesce(p.revision, 0) AS follows,
    e.kind, 1 AS format, e.value, NULL AS encrypted, NULL AS attributes, e.digest,
    p.kind AS previous_kind, 1 AS previous_format, p.value AS previous_value, NULL AS previous_encrypted,
    NULL AS previous_attributes, p.digest AS previous_digest
FROM events AS e
LEFT JOIN events AS p
    ON p.name = e.name
    AND p.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = e.name AND l.revision < e.revision)
WHERE e.revision > ?1
ORDER BY e.revision, e.ordinal;
