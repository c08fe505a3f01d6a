-- Purpose: stores an event of the last change.
-- Parameters: ?1 name, ?2 revision, ?3 ordinal, ?4 version, ?5 kind, ?6 format, ?7 created, ?8 attributes, ?9 value,
--   ?10 digest, ?11 encrypted.
-- Index: the primary key (the trigger that keeps versions dense looks at the name's last entry).
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
INSERT INTO events (name, revision, ordinal, version, kind, format, created, attributes, value, digest, encrypted)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
