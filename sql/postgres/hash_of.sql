-- Purpose: the hash of one change: it distinguishes one log from another.
-- Parameters: $1 revision.
-- Columns: hash; one row or none.
-- Index: log_pkey, one probe. Lock: none.
SELECT hash
FROM configapi.log
WHERE revision = $1 AND ordinal = 0
ORDER BY revision
LIMIT 1
