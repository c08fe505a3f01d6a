-- Purpose: the newest change of an idempotency key, by the id of its actor.
-- Parameters: ?1 key, ?2 id of the actor (null for an anonymous one), ?3 oldest instant that counts, in microseconds
--   since 1970.
-- Columns: revision, idempotency_content; no row if there is none.
-- Index: changes_idempotency_idx, walked from its newest entry.
SELECT revision, idempotency_content
FROM changes
WHERE idempotency_key = ?1 AND actor_id IS ?2 AND instant_us >= ?3
ORDER BY revision DESC
LIMIT 1;
