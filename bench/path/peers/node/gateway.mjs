// The API: takes photos, stores them, writes their rows and adds their jobs, as Express and multer programs do.
import { randomUUID } from 'node:crypto';
import process from 'node:process';

import { Queue } from 'bullmq';
import express from 'express';
import multer from 'multer';

import { accept, photoOf } from './database.mjs';
import { connection, port, prefix, queues, ready } from './settings.mjs';
import { makeBucket, originalOf, outputOf, put, stream } from './store.mjs';
import { userOf } from './tokens.mjs';

const MAX_BYTES = 50 * 1024 * 1024;
const jobOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 5000 },
  removeOnComplete: { count: 1000 },
  removeOnFail: { count: 1000 },
};
const queueOf = new Map(queues.map((name) => [name, new Queue(name, { connection, prefix, defaultJobOptions: jobOptions })]));

// In memory: a file on disk would be written and read once more, and the store needs the length before the bytes.
const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: MAX_BYTES, files: 1 } });

const app = express();
app.disable('x-powered-by');
app.disable('etag');

function authorize(request, reply, next) {
  request.user = userOf(request.get('authorization')?.replace(/^Bearer /, ''));
  if (request.user === undefined) {
    reply.status(401).json({ error: 'no valid token' });
  } else {
    next();
  }
}

app.post('/photos/upload', authorize, upload.single('photos'), async (request, reply) => {
  const { user, file, query } = request;
  const queue = queueOf.get(query.pipeline);
  if (!file || !queue) {
    reply.status(422).json({ error: 'no photo, or no such pipeline' });
    return;
  }
  const photo = { id: randomUUID(), userId: user, fileName: file.originalname, sizeBytes: file.size, pipeline: queue.name };
  await put(originalOf(photo.id), file.buffer, file.mimetype);
  accept(photo);
  await queue.add('process', { photoId: photo.id }, { jobId: photo.id });
  reply.status(202).json({ photos: [photoOf(photo.id, user)] });
});

app.get('/photos/:id', authorize, (request, reply) => {
  const photo = photoOf(request.params.id, request.user);
  reply.status(photo ? 200 : 404).json(photo ?? { error: 'no such photo' });
});

app.get('/photos/:id/:variant', authorize, async (request, reply) => {
  const { id, variant } = request.params;
  if (!photoOf(id, request.user)?.variants.some(({ name }) => name === variant)) {
    reply.status(404).json({ error: 'no such output' });
    return;
  }
  reply.type('image/jpeg');
  (await stream(outputOf(id, variant))).pipe(reply);
});

app.use((error, _request, reply, _next) => {
  process.stderr.write(`${error.stack}\n`);
  reply.status(500).json({ error: 'something went wrong' });
});

await makeBucket();
app.listen(port, '127.0.0.1', ready);
