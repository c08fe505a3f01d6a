-- Purpose: stores a data key of a batch, in the transaction that appends it.
-- Parameters: ?1 value id, ?2 key id, ?3 wrapped key.
-- Index: the primary key of data_keys.
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
INSERT INTO data_keys (value_id, key_id, wrapped_key)
VALUES (?1, ?2, ?3);
