-- Purpose: whether this database has our schema, and in it the table of migrations.
-- Parameters: none.
-- Columns: schema (boolean), migrations (boolean); one row. It asks the catalogue, which every role may
--   read, so that a missing right does not look like a missing schema.
-- Index: the catalogue's. Lock: none.
SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'configapi'),
       EXISTS (
           SELECT FROM pg_catalog.pg_class AS relation
           JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
           WHERE namespace.nspname = 'configapi' AND relation.relname = 'schema_migrations'
       )
