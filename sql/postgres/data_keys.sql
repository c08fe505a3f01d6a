-- Purpose: the data keys of some values, of those that have one.
-- Parameters: $1 value ids (array).
-- Columns: value_id, key_id, wrapped_key; in the order of the ids.
-- Index: data_keys_pkey. Lock: none.
SELECT value_id, key_id, wrapped_key
FROM configapi.data_keys
WHERE value_id = ANY ($1::bytea[])
ORDER BY value_id
