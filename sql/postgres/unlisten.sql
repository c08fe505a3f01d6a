-- Purpose: does without notifications for as long as this server appends all the time.
-- Parameters, columns: none. Lock: none.
UNLISTEN configapi
