-- Purpose: the wait for the log's tables ends soon, because every read waits behind it. The migration tries again.
-- Parameters, columns: none. Lock: none.
SET LOCAL lock_timeout = '300ms'
