-- Purpose: says that a migration has run.
-- Parameters: $1 its version.
-- Columns: none.
-- Lock: inside the migration's transaction, under its advisory lock.
INSERT INTO configapi.schema_migrations (version)
VALUES ($1)
