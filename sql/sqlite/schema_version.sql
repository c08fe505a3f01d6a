-- Purpose: the newest migration that this file has had; 0 for none.
-- Columns: version.
-- Index: the primary key of schema_migrations (its last entry).
SELECT coalesce(max(version), 0) AS version
FROM schema_migrations
ORDER BY version;
