-- Purpose: registers for the notifications that appends send; before the first read of the log, so that
--   nothing falls between.
-- Parameters, columns: none. Lock: none.
LISTEN configapi
