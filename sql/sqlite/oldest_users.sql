-- Purpose: the oldest schemas whose releases can still use a log that newer releases have migrated.
-- Parameters: ?1 the newest schema that this release knows; only for a log that has a newer one.
-- Columns: oldest_reader, oldest_writer; one row.
-- Index: the primary key of schema_migrations.
SELECT coalesce(max(oldest_reader), 0), coalesce(max(oldest_writer), 0)
FROM schema_migrations
WHERE version > ?1;
