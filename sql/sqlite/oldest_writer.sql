-- Purpose: the oldest schema whose releases can still append to a file that newer ones have migrated.
-- Parameters: ?1 the newest schema that this release knows; only for a file that has a newer one.
-- Columns: oldest_writer.
-- Index: the primary key of schema_migrations.
SELECT coalesce(max(oldest_writer), 0) AS oldest_writer
FROM schema_migrations
WHERE version > ?1
ORDER BY oldest_writer;
