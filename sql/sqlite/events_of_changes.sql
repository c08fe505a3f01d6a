-- Purpose: the events after a revision in the order of the log, each with the event before it in its stream;
--   stepped beside changes_after.sql in one snapshot until the page is full.
-- Parameters: ?1 revision.
-- Columns: revision, name, version, kind, value, digest, follows; kind, value, digest of the event before, if any.
-- Index: events_revision_ordinal_key, walked; the primary key of events, where the event before lies beside.
SELECT
    e.revision, e.name, e.version, e.kind, e.value, e.digest,
    coalesce(p.revision, 0) AS follows, p.kind AS previous_kind, p.value AS previous_value, p.digest AS previous_digest
FROM events AS e
LEFT JOIN events AS p
    ON p.name = e.name
    AND p.revision = (SELECT max(l.revision) FROM events AS l WHERE l.name = e.name AND l.revision < e.revision)
WHERE e.revision > ?1
ORDER BY e.revision, e.ordinal;
