-- Purpose: says that a migration has run.
-- Parameters: $1 its version, $2 and $3 the oldest schemas whose releases can still read, and append to, the log.
-- Columns: none.
-- Lock: inside the migration's transaction, under its advisory lock.
INSERT INTO configapi.schema_migrations (version, oldest_reader, oldest_writer)
VALUES ($1, $2, $3)
