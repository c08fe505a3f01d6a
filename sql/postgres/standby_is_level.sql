-- Purpose: whether this database has replayed all that its primary has, as far as a standby can know it.
-- Parameters: none.
-- Columns: level (boolean); one row. True on a primary. On a standby: a receiver is connected, and all that it
--   received is replayed.
-- Index: none, functions only. Lock: none.
SELECT NOT pg_catalog.pg_is_in_recovery()
    OR (coalesce(pg_catalog.pg_last_wal_replay_lsn() >= pg_catalog.pg_last_wal_receive_lsn(), false)
        AND EXISTS (SELECT 1 FROM pg_catalog.pg_stat_wal_receiver AS receiver WHERE receiver.pid IS NOT NULL))
