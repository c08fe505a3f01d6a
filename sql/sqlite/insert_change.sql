-- Purpose: stores a change, before its events.
-- Parameters: ?1 revision, ?2 change_id, ?3 instant_us, ?4 actor, ?5 reason, ?6 request_id, ?7 trace_id,
--   ?8 attributes, ?9 idempotency_key, ?10 idempotency_content, ?11 hash.
-- Index: the primary key (the trigger that keeps revisions dense looks at its last entry).
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
INSERT INTO changes (
    revision, change_id, instant_us, actor, reason, request_id, trace_id, attributes, idempotency_key,
    idempotency_content, hash
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
