-- Purpose: the list of the migrations that this file has had, as the first of them found it.
-- Lock taken: the file's write lock, in the transaction of the migrations.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER NOT NULL,
    applied_us INTEGER NOT NULL,
    CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
) STRICT;
