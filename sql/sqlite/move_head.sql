-- Purpose: moves the head to the end of a batch, if it is still where the batch was decided on.
-- Parameters: ?1 expected revision, ?2 expected hash; ?3 revision, ?4 hash, ?5 instant_us, ?6 names, ?7 events
--   after the batch.
-- Changes: one row, or none if the log has moved.
-- Index: none, one row.
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
UPDATE log_head
SET revision = ?3, hash = ?4, instant_us = ?5, names = ?6, events = ?7
WHERE revision = ?1 AND hash = ?2;
