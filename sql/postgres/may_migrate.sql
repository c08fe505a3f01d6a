-- Purpose: whether the session's role may bring the schema up to date. A role that only serves must not try: it would lock
--   the tables, and fail only afterwards.
-- Parameters: none.
-- Columns: may migrate (boolean); one row.
-- Index: the catalogue's. Lock: none.
SELECT coalesce(
    (SELECT pg_catalog.pg_has_role(relation.relowner, 'USAGE')
     FROM pg_catalog.pg_class AS relation
     JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
     WHERE namespace.nspname = 'configapi' AND relation.relname = 'schema_migrations'),
    (SELECT pg_catalog.has_schema_privilege(namespace.oid, 'CREATE')
     FROM pg_catalog.pg_namespace AS namespace
     WHERE namespace.nspname = 'configapi'),
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
)
