-- Purpose: destroys a data key for ever, in the transaction that appends the shred. The file's `secure_delete` overwrites
--   its bytes.
-- Parameters: ?1 value id.
-- Index: the primary key of data_keys.
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
DELETE FROM data_keys
WHERE value_id = ?1;
