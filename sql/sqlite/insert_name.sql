-- Purpose: lists a name, with its first event.
-- Parameters: ?1 name, ?2 revision.
-- Index: the primary key.
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
INSERT INTO names (name, first_revision)
VALUES (?1, ?2);
