-- Purpose: the hash of one change: it distinguishes one log from another.
-- Parameters: ?1 revision.
-- Columns: hash; one row or none.
-- Index: the primary key of changes.
SELECT hash
FROM changes
WHERE revision = ?1
ORDER BY revision;
