-- Purpose: whether a role has the rights of grant_role.sql: GRANT only warns where the one who grants may not.
-- Parameters: $1 the name of a role that is there.
-- Columns: may serve (boolean); one row.
-- Lock: none.
SELECT pg_catalog.has_schema_privilege($1::text, 'configapi', 'USAGE')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.log', 'SELECT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.log', 'INSERT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.head', 'SELECT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.head', 'UPDATE')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.schema_migrations', 'SELECT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.data_keys', 'SELECT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.data_keys', 'INSERT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.data_keys', 'UPDATE')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.data_keys', 'DELETE')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.snapshots', 'SELECT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.snapshots', 'INSERT')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.snapshots', 'UPDATE')
   AND pg_catalog.has_table_privilege($1::text, 'configapi.snapshots', 'DELETE')
