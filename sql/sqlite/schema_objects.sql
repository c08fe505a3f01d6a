-- Purpose: how many tables and indexes a file has; none in a new one. And how many of them a log of ours has: a dump
--   does not carry the application's id.
-- Columns: objects, ours.
-- Index: none, the schema is small.
SELECT
    count(*) AS objects,
    coalesce(sum(type = 'table' AND name IN ('log_head', 'changes', 'events', 'names', 'schema_migrations')), 0) AS ours
FROM sqlite_schema
ORDER BY objects;
