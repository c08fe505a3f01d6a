-- Purpose: puts a data key that was wrapped again in the place of the same one as it was.
-- Parameters: ?1 value id, ?2 wrapped key as it was; after: ?3 key id, ?4 wrapped key.
-- Index: the primary key of data_keys.
-- Lock taken: the file's write lock.
UPDATE data_keys
SET key_id = ?3, wrapped_key = ?4
WHERE value_id = ?1 AND wrapped_key = ?2;
