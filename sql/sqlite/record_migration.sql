-- Purpose: notes that a migration has been done.
-- Parameters: ?1 version, ?2 now in microseconds since 1970, ?3 and ?4 the oldest schemas whose releases can still
--   read, and append to, the file.
-- Lock taken: the file's write lock, in the transaction of the migrations.
INSERT INTO schema_migrations (version, applied_us, oldest_reader, oldest_writer)
VALUES (?1, ?2, ?3, ?4);
