-- How the jobs of a pipeline are queued: the JSON of the queue block of its spec.
ALTER TABLE pipelines ADD COLUMN queue TEXT NOT NULL DEFAULT '{}';

-- 5 is the priority of photos that were accepted before there were any.
ALTER TABLE photos ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;

-- What the file says about the photo, as JSON.
ALTER TABLE photos ADD COLUMN metadata TEXT;

ALTER TABLE variants ADD COLUMN role TEXT NOT NULL DEFAULT 'thumbnail';

-- The newest runs of each photo, for its owner's eyes.
CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    photo_id TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    pipeline TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    -- What was decided, and when; none while the run goes on.
    ended_at INTEGER,
    outcome TEXT,
    failure_code TEXT,
    failure_message TEXT
) STRICT, WITHOUT ROWID;

-- Deliveries count within a generation, so that both together are the order of the runs.
CREATE UNIQUE INDEX runs_of_photo ON runs (photo_id, generation, delivery);

-- Runs that go on while the database is migrated will tell what their stages did.
INSERT INTO runs (run_id, photo_id, generation, delivery, pipeline, begun_at)
    SELECT live_run, photo_id, generation, deliveries, pipeline, begun_at FROM works
    WHERE live_run IS NOT NULL AND begun_at IS NOT NULL;

-- Goes with its run. What the table before it held was never shown to anybody, and belongs to no row of `runs`.
DROP TABLE stage_log;
CREATE TABLE stage_log (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    stage TEXT NOT NULL,
    status TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    error TEXT,
    PRIMARY KEY (run_id, place)
) STRICT, WITHOUT ROWID;

-- Photos whose stored objects are still to be removed.
CREATE TABLE deletions (
    photo_id TEXT NOT NULL PRIMARY KEY REFERENCES photos (id) ON DELETE CASCADE,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    -- No run of the photo can write any more, or the time of the next try.
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deletions_by_time ON deletions (due_at);

-- A table's constraint can't be changed, so the outbox moves: `remove` takes a job out of the queue.
CREATE TABLE outbox_moved (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id TEXT NOT NULL,
    -- `enqueue` is a generation's first job and counts as an arrival; `reenqueue` repeats one that was lost.
    kind TEXT NOT NULL CHECK (kind IN ('event', 'enqueue', 'reenqueue', 'remove')),
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
INSERT INTO outbox_moved SELECT * FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_moved RENAME TO outbox;
CREATE INDEX outbox_of_photo ON outbox (photo_id, id);
