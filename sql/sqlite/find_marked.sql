-- Purpose: the newest change of an actor's idempotency key.
-- Parameters: ?1 key, ?2 actor, ?3 oldest instant that counts, in microseconds since 1970.
-- Columns: revision, idempotency_content; no row if there is none.
-- Index: changes_idempotency_idx, walked from its newest entry. No change has the id of an actor yet.
SELECT revision, idempotency_content
FROM changes
WHERE idempotency_key = ?1 AND actor_id IS NULL AND actor = ?2 AND instant_us >= ?3
ORDER BY revision DESC
LIMIT 1;
