-- Purpose: grants a role the rights that a server needs, and no others: it reads all, appends, moves the head, and minds
--   data keys and snapshots. It can neither change nor delete an event.
-- Parameters: none. The role is that of name_role.sql, in the same transaction.
-- Columns: none. A right that the role has already stays.
-- Lock: none that a server waits for.
DO $$
DECLARE
    role text := pg_catalog.current_setting('configapi.role');
    rights text;
BEGIN
    FOREACH rights IN ARRAY ARRAY[
        'USAGE ON SCHEMA configapi',
        'SELECT, INSERT ON configapi.log',
        'SELECT, UPDATE ON configapi.head',
        'SELECT, INSERT, UPDATE, DELETE ON configapi.data_keys, configapi.snapshots',
        'SELECT ON configapi.schema_migrations, configapi.changes, configapi.names'
    ] LOOP
        EXECUTE pg_catalog.format('GRANT %s TO %I', rights, role);
    END LOOP;
END
$$
