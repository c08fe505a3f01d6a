-- Purpose: appends a batch if the head is still the expected one; else writes nothing. One statement, one
--   round trip, one commit.
-- Parameters: $1 expected revision, $2 expected hash;
--   the head after: $3 revision, $4 hash, $5 instant_us, $6 names, $7 events;
--   an event each, in order: $8 revision, $9 ordinal, $10 name, $11 version, $12 follows, $13 created, $14 kind,
--     $15 value, $16 attributes, $17 digest; $18 format, of all of them;
--   a change each, beside its first event, else null: $19 instant_us, $20 change_id, $21 hash, $22 actor,
--     $23 actor_id, $24 reason, $25 request_id, $26 trace_id, $27 attributes, $28 idempotency_key,
--     $29 idempotency_content; $30 encrypted, an event each.
-- The arrays are taken apart side by side in the SELECT list (PostgreSQL 10 on): in FROM each would be copied into a
--   table of its own first, an eighth more for a batch of 256.
-- Columns: clock (bigint, microseconds since 1970), stored (boolean), notified (text), durability (text); one row.
--   The last makes this commit durable whatever a reload has set: synchronous_commit is on for this transaction,
--   or stays remote_apply.
-- Index: head_revision; writes every index of the log.
-- Lock: the head's row, until the commit. Under READ COMMITTED an UPDATE that waited looks at the row again,
--   so that the loser of two appends finds another revision, updates nothing and inserts nothing.
WITH head AS (
    UPDATE configapi.head
    SET revision = $3, hash = $4, instant_us = $5, names = $6, events = $7
    WHERE revision = $1 AND hash = $2
    RETURNING revision
), new_events AS (
    INSERT INTO configapi.log (
        revision, ordinal, name, version, follows, created, kind, value, attributes, digest, format,
        instant_us, change_id, hash, actor, actor_id, reason, request_id, trace_id, change_attributes,
        idempotency_key, idempotency_content, encrypted
    )
    SELECT unnest($8::bigint[]), unnest($9::integer[]), unnest($10::text[]), unnest($11::bigint[]),
           unnest($12::bigint[]), unnest($13::bigint[]), unnest($14::smallint[]), unnest($15::text[]),
           unnest($16::text[]), unnest($17::bytea[]), $18::smallint,
           unnest($19::bigint[]), unnest($20::bytea[]), unnest($21::bytea[]), unnest($22::text[]),
           unnest($23::text[]), unnest($24::text[]), unnest($25::text[]), unnest($26::text[]),
           unnest($27::text[]), unnest($28::text[]), unnest($29::bytea[]), unnest($30::bytea[])
    FROM head
)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       EXISTS (SELECT FROM head),
       (SELECT pg_catalog.pg_notify('configapi', head.revision::text)::text FROM head),
       CASE pg_catalog.current_setting('synchronous_commit')
           WHEN 'remote_apply' THEN 'remote_apply'
           ELSE pg_catalog.set_config('synchronous_commit', 'on', true)
       END
