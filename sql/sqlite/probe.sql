-- Purpose: a small query that reads the file, for health.
-- Columns: revision.
-- Index: none, one row.
SELECT revision
FROM log_head
ORDER BY id;
