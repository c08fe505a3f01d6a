-- Purpose: the last change as its own row says it, to compare with the head when a file is opened.
-- Columns: revision, hash, instant_us; no row in an empty log.
-- Index: the primary key of changes (its last entry).
SELECT revision, hash, instant_us
FROM changes
ORDER BY revision DESC
LIMIT 1;
