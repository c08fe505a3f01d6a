-- Purpose: the table that says which migrations have run.
-- Lock: inside the migration's transaction, under its advisory lock.
CREATE TABLE IF NOT EXISTS configapi.schema_migrations (
    version bigint NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
);
