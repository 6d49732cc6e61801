// What sharp says about files: a path comes in on a line, a line of JSON with its error goes out.
//
// `failOn: 'warning'` is sharp's default and its strictest but for the empty rest of a file; every pixel is decoded.
import { createRequire } from 'node:module';
import process from 'node:process';
import readline from 'node:readline';

// The one that the image benchmark installs.
const sharp = createRequire(new URL('../imaging/peers/package.json', import.meta.url))('sharp');

sharp.concurrency(1);
sharp.cache(false);
for await (const path of readline.createInterface({ input: process.stdin })) {
  const verdict = await sharp(path, { failOn: 'warning' }).raw().toBuffer().then(() => null, (error) => error.message);
  process.stdout.write(`${JSON.stringify({ path, error: verdict })}\n`);
}
