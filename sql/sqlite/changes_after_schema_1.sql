-- Purpose: as changes_after.sql, for a file that still has schema 1: to verify it as it is.
-- Parameters: ?1 revision.
-- Columns: as changes_after.sql.
-- Index: the primary key of changes, walked.
SELECT
    revision, change_id, instant_us, actor, NULL AS actor_id, reason, request_id, trace_id, attributes, idempotency_key,
    idempotency_content, hash
FROM changes
WHERE revision > ?1
ORDER BY revision;
