-- Purpose: the wait for the log's tables ends soon, because every read waits behind it. The migration tries again.
-- Parameters: $1 the wait, with its unit (text).
-- Columns: none of use.
-- Lock: none; until the transaction ends.
SELECT pg_catalog.set_config('lock_timeout', $1, true)
