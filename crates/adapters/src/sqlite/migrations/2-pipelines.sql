-- How the jobs of a pipeline are queued: the JSON of the queue block of its spec.
ALTER TABLE pipelines ADD COLUMN queue TEXT NOT NULL DEFAULT '{}';

-- 5 is the priority of photos that were accepted before there were any.
ALTER TABLE photos ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;

-- What the file says about the photo, as JSON.
ALTER TABLE photos ADD COLUMN metadata TEXT;

ALTER TABLE variants ADD COLUMN role TEXT NOT NULL DEFAULT 'thumbnail';
