-- Purpose: the events after a revision in the order of the log, each with the event before it in its stream;
--   stepped beside changes_after.sql in one snapshot until the page is full.
-- Parameters: ?1 revision.
-- Columns: revision, name, version, kind, value, digest; kind, value, digest of the event before, if any.
-- Index: events_revision_ordinal_key, walked; events_name_version_key for the event before, which lies beside.
SELECT
    e.revision, e.name, e.version, e.kind, e.value, e.digest,
    p.kind AS previous_kind, p.value AS previous_value, p.digest AS previous_digest
FROM events AS e
LEFT JOIN events AS p ON p.name = e.name AND p.version = e.version - 1
WHERE e.revision > ?1
ORDER BY e.revision, e.ordinal;
