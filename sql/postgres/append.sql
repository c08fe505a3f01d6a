-- Purpose: appends a batch if the head is still the expected one; else writes nothing. One statement, one
--   round trip, one commit.
-- Parameters: $1 expected revision, $2 expected hash;
--   the head after: $3 revision, $4 hash, $5 instant_us, $6 names, $7 events;
--   a change each, in order: $8 change_id, $9 instant_us, $10 actor, $11 reason, $12 request_id,
--     $13 trace_id, $14 attributes, $15 idempotency_key, $16 idempotency_content, $17 hash;
--   an event each: $18 revision, $19 ordinal, $20 name, $21 version, $22 kind, $23 value, $24 digest;
--   a new name each: $25 name, $26 first_revision.
-- Columns: clock (bigint, microseconds since 1970), stored (boolean), notified (text); one row.
-- Index: log_head_pkey; writes every index of changes, names and events.
-- Lock: the head's row, until the commit. Under READ COMMITTED an UPDATE that waited looks at the row again,
--   so that the loser of two appends finds another revision, updates nothing and inserts nothing.
WITH head AS (
    UPDATE configapi.log_head
    SET revision = $3, hash = $4, instant_us = $5, names = $6, events = $7
    WHERE revision = $1 AND hash = $2
    RETURNING revision
), new_changes AS (
    INSERT INTO configapi.changes (
        revision, instant_us, change_id, actor, reason, request_id, trace_id, attributes,
        idempotency_key, idempotency_content, hash
    )
    SELECT $1::bigint + change.place, change.instant_us, change.change_id, change.actor, change.reason,
           change.request_id, change.trace_id, change.attributes,
           change.idempotency_key, change.idempotency_content, change.hash
    FROM head
    CROSS JOIN unnest(
        $8::bytea[], $9::bigint[], $10::text[], $11::text[], $12::text[],
        $13::text[], $14::text[], $15::text[], $16::bytea[], $17::bytea[]
    ) WITH ORDINALITY AS change (
        change_id, instant_us, actor, reason, request_id,
        trace_id, attributes, idempotency_key, idempotency_content, hash, place
    )
), new_events AS (
    INSERT INTO configapi.events (revision, version, ordinal, kind, name, value, digest)
    SELECT event.revision, event.version, event.ordinal, event.kind, event.name, event.value, event.digest
    FROM head
    CROSS JOIN unnest(
        $18::bigint[], $19::integer[], $20::text[], $21::bigint[], $22::smallint[], $23::text[], $24::bytea[]
    ) AS event (revision, ordinal, name, version, kind, value, digest)
), new_names AS (
    INSERT INTO configapi.names (name, first_revision)
    SELECT new.name, new.first_revision
    FROM head
    CROSS JOIN unnest($25::text[], $26::bigint[]) AS new (name, first_revision)
)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
       EXISTS (SELECT FROM head),
       (SELECT pg_catalog.pg_notify('configapi', head.revision::text)::text FROM head)
