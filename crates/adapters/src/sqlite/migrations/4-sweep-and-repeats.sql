-- Objects that no row names. An object's key is unique among all buckets.
CREATE TABLE unreferenced (
    object_key TEXT NOT NULL PRIMARY KEY,
    first_seen_at INTEGER NOT NULL,
    -- From then on no photo may name it, so that it can be removed.
    condemned_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX unreferenced_by_time ON unreferenced (first_seen_at);

-- The files of requests that clients may repeat.
CREATE TABLE repeatable (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    file INTEGER NOT NULL,
    photo_id TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key, file)
) STRICT, WITHOUT ROWID;

CREATE INDEX repeatable_of_photo ON repeatable (photo_id);
CREATE INDEX repeatable_by_time ON repeatable (created_at);
