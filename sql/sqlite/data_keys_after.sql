-- Purpose: the next data keys, in the order of the values' ids.
-- Parameters: ?1 value id (the empty one is before all), ?2 rows at most.
-- Columns: value_id, key_id, wrapped_key.
-- Index: the primary key of data_keys.
SELECT value_id, key_id, wrapped_key
FROM data_keys
WHERE value_id > ?1
ORDER BY value_id
LIMIT ?2;
