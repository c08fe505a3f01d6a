-- Purpose: the events after a revision in the order of the log, each with the event before it in its stream;
--   stepped beside changes_after.sql in one snapshot until the page is full.
-- Parameters: ?1 revision.
-- Columns: revision, name, version, created, follows; kind, format, value, encrypted, attributes, digest; the latter of
--   the event before, if any.
-- Index: events_revision_ordinal_key, walked; the primary key of events, where the event before lies beside.
SELECT
    e.revision, e.name, e.version, e.created, coalesce(p.revision, 0) AS follows,
    e.kind, e.format, e.value, e.encrypted, e.attributes, e.digest,
    p.kind AS previous_kind, p.format AS previous_format, p.value AS previous_value, p.encrypted AS previous_encrypted,
    p.attributes AS previous_attributes, p.digest AS previous_digest
FROM events AS e
LEFT JOIN events AS p
    ON p.name = e.name
    AND p.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = e.name AND l.revision < e.revision)
WHERE e.revision > ?1
ORDER BY e.revision, e.ordinal;
