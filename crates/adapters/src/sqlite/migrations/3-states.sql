-- Whether the jobs of a pipeline are given out: `Running` or `Paused`.
ALTER TABLE pipelines ADD COLUMN state TEXT NOT NULL DEFAULT 'Running';
