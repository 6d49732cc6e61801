-- Objects that no row names. An object's key is unique among all buckets.
CREATE TABLE unreferenced (
    object_key TEXT NOT NULL PRIMARY KEY,
    first_seen_at INTEGER NOT NULL,
    -- From then on no photo may name it, so that it can be removed.
    condemned_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX unreferenced_by_time ON unreferenced (first_seen_at);
