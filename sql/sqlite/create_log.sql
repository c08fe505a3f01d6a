-- Purpose: makes a new log: its identity and its empty head.
-- Parameters: ?1 log id, ?2 fingerprint key, ?3 hash of the empty head, ?4 its instant in microseconds.
-- Lock taken: the file's write lock, in the transaction of the migrations.
INSERT INTO log_head (id, log_id, fingerprint_key, revision, hash, instant_us, names, events)
VALUES (1, ?1, ?2, 0, ?3, ?4, 0, 0);
