-- Purpose: whose change a revision is: it distinguishes a repeated append from a lost one.
-- Parameters: ?1 revision.
-- Columns: change_id, hash; no row beyond the head.
-- Index: the primary key of changes.
SELECT change_id, hash
FROM changes
WHERE revision = ?1
ORDER BY revision;
