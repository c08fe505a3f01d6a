-- Purpose: one migrator at a time; the others wait here and then find nothing to do.
-- Parameters: none. The key is the ASCII of `cfgapi`.
-- Columns: none of use.
-- Lock: advisory, until the transaction ends.
SELECT pg_catalog.pg_advisory_xact_lock(109250949312617)
