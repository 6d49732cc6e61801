// Takes jobs of one queue, two at a time: reads the original, has sharp make the outputs, stores them and the result.
//
//   node worker.mjs QUEUE WAY
import process from 'node:process';

import { Worker } from 'bullmq';

import { finish } from './database.mjs';
import { WAYS, metadataOf } from './pictures.mjs';
import { connection, prefix, ready } from './settings.mjs';
import { get, originalOf, outputOf, put } from './store.mjs';

const [queue, way] = process.argv.slice(2);

async function run({ data: { photoId } }) {
  const original = await get(originalOf(photoId));
  const metadata = await metadataOf(original);
  const variants = [];
  const stored = [];
  await WAYS[way](original, (name, { data: bytes, info: { width, height } }) => {
    variants.push({ name, contentType: 'image/jpeg', width, height, sizeBytes: bytes.length });
    const putting = put(outputOf(photoId, name), bytes, 'image/jpeg');
    // Looked at below; until then a refusal must not count as one that nobody looks at.
    putting.catch(() => {});
    stored.push(putting);
  });
  await Promise.all(stored);
  finish(photoId, variants, metadata);
  return { variants };
}

const worker = new Worker(queue, run, { connection, prefix, concurrency: 2 });
worker.on('error', (error) => process.stderr.write(`${error.stack}\n`));
worker.on('failed', (_job, error) => process.stderr.write(`${error.stack}\n`));
await worker.waitUntilReady();
ready();
