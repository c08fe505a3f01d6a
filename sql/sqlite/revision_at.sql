-- Purpose: the last revision whose instant is not after this one.
-- Parameters: ?1 instant in microseconds since 1970.
-- Columns: revision; no row if there is none.
-- Index: changes_instant_us_key, one seek.
SELECT revision
FROM changes
WHERE instant_us <= ?1
ORDER BY instant_us DESC
LIMIT 1;
