-- Purpose: whether a role is there, before it is given rights.
-- Parameters: $1 the role's name, as it is.
-- Columns: may_connect (boolean), to this database; one row, none if the role does not exist.
-- Index: the catalogue's. Lock: none.
SELECT pg_catalog.has_database_privilege(oid, pg_catalog.current_database(), 'CONNECT')
FROM pg_catalog.pg_roles
WHERE rolname = $1::text
ORDER BY rolname
