// The rows of photos, in a file that the gateway and the workers have open. A commit is on the disk when it returns.
import Database from 'better-sqlite3';

import { databaseFile } from './settings.mjs';

const database = new Database(databaseFile, { timeout: 10_000 });
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`CREATE TABLE IF NOT EXISTS photos (
  id TEXT PRIMARY KEY, user_id TEXT NOT NULL, file_name TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  pipeline TEXT NOT NULL, status TEXT NOT NULL, variants TEXT NOT NULL DEFAULT '[]', metadata TEXT,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID`);

const insert = database.prepare(`INSERT INTO photos (id, user_id, file_name, size_bytes, pipeline, status, created_at, updated_at)
  VALUES (@id, @userId, @fileName, @sizeBytes, @pipeline, 'queued', @now, @now)`);
const complete = database.prepare(`UPDATE photos
  SET status = 'completed', variants = @variants, metadata = @metadata, updated_at = @now WHERE id = @id`);
const owner = database.prepare('SELECT user_id FROM photos WHERE id = ?').pluck();
const find = database.prepare('SELECT * FROM photos WHERE id = ? AND user_id = ?');

export const accept = (photo) => insert.run({ ...photo, now: new Date().toISOString() });

export const finish = (id, variants, metadata) => complete.run({
  id, variants: JSON.stringify(variants), metadata: JSON.stringify(metadata), now: new Date().toISOString(),
});

export const ownerOf = (id) => owner.get(id);

/** A photo as the API tells it; `undefined` where the user has none of that id. */
export function photoOf(id, userId) {
  const row = find.get(id, userId);
  return row && {
    id, fileName: row.file_name, sizeBytes: row.size_bytes, pipeline: row.pipeline, generation: 1, status: row.status,
    seq: row.status === 'completed' ? 2 : 1,
    variants: JSON.parse(row.variants).map((variant) => ({ ...variant, url: `/photos/${id}/${variant.name}` })),
    createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
