-- Purpose: how many tables and indexes a file has; none in a new one.
-- Columns: objects.
-- Index: none, the schema is small.
SELECT count(*) AS objects
FROM sqlite_schema
ORDER BY objects;
