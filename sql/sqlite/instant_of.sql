-- Purpose: the instant of one change.
-- Parameters: ?1 revision.
-- Columns: instant in microseconds since 1970; one row or none.
-- Index: the primary key of changes.
SELECT instant_us
FROM changes
WHERE revision = ?1
ORDER BY revision;
