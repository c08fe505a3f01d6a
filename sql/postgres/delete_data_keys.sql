-- Purpose: destroys data keys for ever, in the transaction that has appended the shred.
-- Parameters: $1 value ids (array).
-- Columns: value_id; a row for each that was there.
-- Index: data_keys_pkey. Lock: the rows, until the commit.
DELETE FROM configapi.data_keys
WHERE value_id = ANY ($1::bytea[])
RETURNING value_id
