-- Times are milliseconds since 1970 (UTC). Enumerations are stored as the words that photo-core gives them.

-- The catalogue. A removed pipeline keeps its row: photos point at it, and its totals never fall.
CREATE TABLE pipelines (
    name TEXT NOT NULL PRIMARY KEY,
    in_catalogue INTEGER NOT NULL CHECK (in_catalogue IN (0, 1)),
    enqueued_total INTEGER NOT NULL DEFAULT 0,
    completed_total INTEGER NOT NULL DEFAULT 0,
    failed_total INTEGER NOT NULL DEFAULT 0,
    busy_milliseconds_total INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE photos (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    client_id TEXT,
    session_id TEXT,
    traceparent TEXT NOT NULL,
    file_name TEXT NOT NULL,
    bucket TEXT NOT NULL,
    object_key TEXT NOT NULL,
    format TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    pipeline TEXT NOT NULL REFERENCES pipelines (name),
    generation INTEGER NOT NULL,
    status TEXT NOT NULL,
    seq INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    finished_run TEXT,
    failure_code TEXT,
    failure_message TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Both lists of an owner's photos: all of them, and those with one status. Ids are UUIDv7, so they sort by time.
CREATE INDEX photos_of_owner ON photos (owner, id);
CREATE INDEX photos_of_owner_by_status ON photos (owner, status, id);

-- One generation of a photo's processing.
CREATE TABLE works (
    photo_id TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    pipeline TEXT NOT NULL REFERENCES pipelines (name),
    status TEXT NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 0,
    -- Deliveries since the last one that ended in a decision; what kills its workers never gets to one.
    deliveries_unsettled INTEGER NOT NULL DEFAULT 0,
    attempts_failed INTEGER NOT NULL DEFAULT 0,
    -- The run that may write; every other run is fenced.
    live_run TEXT,
    worker TEXT,
    begun_at INTEGER,
    next_attempt_at INTEGER,
    -- The last run that failed and what was decided, so that a repeated call gets the same answer.
    failed_run TEXT,
    failed_decision TEXT,
    PRIMARY KEY (photo_id, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX works_open ON works (photo_id, generation) WHERE status IN ('queued', 'processing');
CREATE INDEX works_open_by_pipeline ON works (pipeline, status) WHERE status IN ('queued', 'processing');

-- The outputs of each photo's last finished run.
CREATE TABLE variants (
    photo_id TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    run_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    object_key TEXT NOT NULL,
    format TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (photo_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE stage_log (
    photo_id TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    stage TEXT NOT NULL,
    status TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    error TEXT,
    PRIMARY KEY (photo_id, run_id, place)
) STRICT, WITHOUT ROWID;

-- What is still to be told to the queue and the event log. No foreign key: an entry may outlive its photo.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id TEXT NOT NULL,
    -- `enqueue` is a generation's first job and counts as an arrival; `reenqueue` repeats one that was lost.
    kind TEXT NOT NULL CHECK (kind IN ('event', 'enqueue', 'reenqueue')),
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_of_photo ON outbox (photo_id, id);

-- One row, rewritten to learn whether the disk still takes writes.
CREATE TABLE readiness (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    written_at INTEGER NOT NULL
) STRICT;
