-- Purpose: the newest migration that has run.
-- Parameters: none.
-- Columns: version (bigint), 0 where none has; one row.
-- Index: schema_migrations_pkey. Lock: none.
SELECT coalesce(max(version), 0)
FROM configapi.schema_migrations
