-- The dead letters of all owners, and of each pipeline: few rows of many.
CREATE INDEX photos_dead ON photos (id) WHERE status = 'dead';
CREATE INDEX photos_dead_by_pipeline ON photos (pipeline, id) WHERE status = 'dead';

-- What is to be told about dead letters to whoever the platform was told to call. Apart from the outbox: a receiver that
-- is away holds up no event and no job. No foreign key: an entry may outlive its photo.
CREATE TABLE hooks (
    id TEXT NOT NULL PRIMARY KEY,
    photo_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX hooks_by_time ON hooks (next_at);
