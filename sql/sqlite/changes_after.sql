-- Purpose: the changes after a revision, oldest first; stepped beside events_of_changes.sql in one snapshot
--   until the page is full.
-- Parameters: ?1 revision.
-- Columns: those of changes.
-- Index: the primary key of changes, walked.
SELECT
    revision, change_id, instant_us, actor, actor_id, reason, request_id, trace_id, attributes, idempotency_key,
    idempotency_content, hash
FROM changes
WHERE revision > ?1
ORDER BY revision;
