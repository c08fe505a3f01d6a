-- Purpose: what decides whether an acknowledged write can be lost, and whether names sort by their bytes.
-- Parameters: none.
-- Columns: fsync, full_page_writes, synchronous_commit, server_encoding, synchronous_standby_names (text); one row.
-- Lock: none.
SELECT pg_catalog.current_setting('fsync'),
       pg_catalog.current_setting('full_page_writes'),
       pg_catalog.current_setting('synchronous_commit'),
       pg_catalog.current_setting('server_encoding'),
       pg_catalog.current_setting('synchronous_standby_names')
