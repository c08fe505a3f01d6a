-- Purpose: the instant of one change.
-- Parameters: $1 revision.
-- Columns: instant in microseconds since 1970; one row or none.
-- Index: log_pkey, one probe. Lock: none.
SELECT instant_us
FROM configapi.log
WHERE revision = $1 AND ordinal = 0
ORDER BY revision
LIMIT 1
