-- Purpose: notes that a migration has been done.
-- Parameters: ?1 version, ?2 now in microseconds since 1970.
-- Lock taken: the file's write lock, in the transaction of the migrations.
INSERT INTO schema_migrations (version, applied_us)
VALUES (?1, ?2);
