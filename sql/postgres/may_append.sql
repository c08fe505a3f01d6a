-- Purpose: whether the session's role may append, for a server that is to be ready only if it can.
-- Parameters: none.
-- Columns: may append (boolean); one row.
-- Lock: none.
SELECT pg_catalog.has_any_column_privilege('configapi.log', 'INSERT')
   AND pg_catalog.has_any_column_privilege('configapi.head', 'UPDATE')
