-- One row in a database that was restored from a copy, until its operator says that all is well.
CREATE TABLE restored (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    -- The copy, whose id tells when it was made.
    backup_id TEXT NOT NULL,
    restored_at INTEGER NOT NULL
) STRICT;
