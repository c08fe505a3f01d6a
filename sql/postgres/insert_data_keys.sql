-- Purpose: stores the data keys of a batch, in the transaction that has appended it.
-- Parameters: a key each, in order: $1 value ids, $2 key ids, $3 wrapped keys (arrays).
-- Columns: value_id; a row each.
-- Index: writes data_keys_pkey. Lock: the new rows, until the commit.
INSERT INTO configapi.data_keys (value_id, key_id, wrapped_key)
SELECT unnest($1::bytea[]), unnest($2::bytea[]), unnest($3::bytea[])
RETURNING value_id
