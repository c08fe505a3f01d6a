-- Purpose: waits between two tries to lock the log's tables, so that reads which queued behind the first go on.
-- Parameters: none. Columns: none of use.
-- Lock: none; outside of a transaction.
SELECT pg_catalog.pg_sleep(0.3)
