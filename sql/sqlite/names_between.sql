-- Purpose: which names have events after one revision and up to another, in the order of the log, without their values.
-- Parameters: ?1 revision, ?2 revision, ?3 events at most.
-- Columns: revision, name; a row an event. The page may end inside of a change.
-- Index: events_revision_ordinal_key, walked from ?1; it holds the names too.
SELECT revision, name
FROM events
WHERE revision > ?1 AND revision <= ?2
ORDER BY revision, ordinal
LIMIT ?3;
