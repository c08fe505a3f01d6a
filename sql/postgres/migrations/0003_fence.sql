-- New names for the log and its head, and an index on the head's revision.
--
-- Why the names: a server of an earlier release finds neither table. It can neither append nor follow, so it is not ready.
-- Why the index: an update of the head leaves its old row behind until no snapshot can see it. With a key that never
-- changes each append walks all these rows, for as long as a dump or a report runs. With a key that each append changes,
-- a probe finds the one row. The constant key must go: each update would walk its dead entries.
--
-- Lock: runs inside the migration's transaction, under its advisory lock. The migration holds the old tables
-- exclusively before it reads them.

ALTER TABLE configapi.log_head RENAME TO head;
ALTER TABLE configapi.head DROP CONSTRAINT log_head_pkey;
CREATE UNIQUE INDEX head_revision ON configapi.head (revision);

ALTER TABLE configapi.events RENAME TO log;

-- The key was the head's guard against a second row, such as that of a backup loaded over a log that is there. This
-- trigger is one now. An append only updates, and pays nothing for it.
CREATE FUNCTION configapi.refuse_second_head() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM configapi.head OFFSET 1) THEN
        RAISE EXCEPTION 'the log has one head: a second one is refused'
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Restore a backup into a database without the schema configapi.';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER head_is_single AFTER INSERT ON configapi.head
    FOR EACH STATEMENT EXECUTE FUNCTION configapi.refuse_second_head();
