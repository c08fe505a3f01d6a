-- Purpose: keeps every append and read out while a log of schema 2 is rewritten.
-- Parameters, columns: none.
-- Lock: the log's tables, exclusively, in the order of an append: the head first. Waits for lock_timeout at most.
LOCK TABLE configapi.log_head, configapi.events IN ACCESS EXCLUSIVE MODE
