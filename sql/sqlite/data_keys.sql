-- Purpose: the data key of a value, if it has one.
-- Parameters: ?1 value id.
-- Columns: value_id, key_id, wrapped_key.
-- Index: the primary key of data_keys.
SELECT value_id, key_id, wrapped_key
FROM data_keys
WHERE value_id = ?1
ORDER BY value_id;
