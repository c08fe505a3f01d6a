-- Purpose: names the role that grant_role.sql grants rights to; GRANT itself takes no parameter.
-- Parameters: $1 the role's name, as it is.
-- Columns: the name; one row.
-- Lock: none. It holds until the transaction ends.
SELECT pg_catalog.set_config('configapi.role', $1::text, true)
