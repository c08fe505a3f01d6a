-- Purpose: how many events a name has at a revision; finds the revision of a version by halving.
-- Parameters: ?1 name, ?2 revision.
-- Columns: version; no row if the name never was until then.
-- Index: the primary key of events, one seek.
SELECT version
FROM events
WHERE name = ?1 AND revision <= ?2
ORDER BY revision DESC
LIMIT 1;
