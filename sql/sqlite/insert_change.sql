-- Purpose: stores a change, before its events.
-- Parameters: ?1 revision, ?2 change_id, ?3 instant_us, ?4 actor, ?5 actor_id, ?6 reason, ?7 request_id, ?8 trace_id,
--   ?9 attributes, ?10 idempotency_key, ?11 idempotency_content, ?12 hash.
-- Index: the primary key (the trigger that keeps revisions dense looks at its last entry).
-- Lock taken: the file's write lock, held since BEGIN IMMEDIATE.
INSERT INTO changes (
    revision, change_id, instant_us, actor, actor_id, reason, request_id, trace_id, attributes, idempotency_key,
    idempotency_content, hash
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);
