// sharp as a peer: a line of JSON with a job comes in, a line of JSON with what it took goes out.
//
//   node sharp.mjs VARIANT [--standard-tables]
//
// VARIANT is the way in which a program uses sharp, see `VARIANTS`. `--standard-tables` turns off sharp's default of
// optimised Huffman tables. One thread does a job: concurrency 1, and every call is awaited before the next.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import readline from 'node:readline';

import sharp from 'sharp';

const SIDES = [600, 300, 150];
const [variant, ...flags] = process.argv.slice(2);
const optimiseCoding = !flags.includes('--standard-tables');
const jpeg = { quality: 80, chromaSubsampling: '4:2:0', progressive: false, mozjpeg: false, optimiseCoding };
const inside = { fit: 'inside', withoutEnlargement: true };

sharp.concurrency(1);
sharp.cache(false);

// Everything is upright (`autoOrient`), in sRGB and without metadata; the last two are what sharp does unless told.
const open = (photo) => sharp(photo).autoOrient();
const thumbnail = (picture, side) => picture.resize(side, side, inside).jpeg(jpeg).toBuffer({ resolveWithObject: true });
const wholePicture = (picture) => picture.jpeg(jpeg).toBuffer({ resolveWithObject: true });
const toPixels = async (picture) => {
  const { data: pixels, info: { width, height, channels } } = await picture.raw().toBuffer({ resolveWithObject: true });
  return () => sharp(pixels, { raw: { width, height, channels } });
};

/** As most programs do it: a pipeline for each output, each from the file. */
async function naive(photo, isFull, made) {
  for (const side of SIDES) {
    made(side, await thumbnail(open(photo), side));
  }
  if (isFull) {
    made('optimized', await wholePicture(open(photo)));
  }
}

/** As sharp's documentation has it: one input and a clone for each output, which share the compressed file. */
async function clone(photo, isFull, made) {
  const input = open(photo);
  for (const side of SIDES) {
    made(side, await thumbnail(input.clone(), side));
  }
  if (isFull) {
    made('optimized', await wholePicture(input.clone()));
  }
}

/** Shrink-on-load: 600 pixels from the file, the smaller ones from those, the whole photo in a pipeline of its own. */
async function best(photo, isFull, made) {
  const small = await toPixels(open(photo).resize(SIDES[0], SIDES[0], inside));
  for (const side of SIDES) {
    made(side, await thumbnail(small(), side));
  }
  if (isFull) {
    made('optimized', await wholePicture(open(photo)));
  }
}

/** One decode for everything: all outputs from the same pixels. For thumbnails alone nothing beats shrink-on-load. */
async function strongest(photo, isFull, made) {
  if (!isFull) {
    await best(photo, isFull, made);
    return;
  }
  const pixels = await toPixels(open(photo));
  for (const side of SIDES) {
    made(side, await thumbnail(pixels(), side));
  }
  made('optimized', await wholePicture(pixels()));
}

const VARIANTS = { naive, clone, best, strongest };

async function run({ photo: file, job, out }) {
  // Not measured: a worker has the photo's bytes before its stages begin.
  const photo = await readFile(file);
  const outputs = [];
  const cpuBefore = process.cpuUsage();
  const before = process.hrtime.bigint();
  const metadata = await sharp(photo).metadata();
  await VARIANTS[variant](photo, job === 'full', (name, { data: bytes, info: { width, height } }) => {
    outputs.push({ name: String(name), width, height, bytes });
  });
  const wall = Number(process.hrtime.bigint() - before);
  const cpu = process.cpuUsage(cpuBefore);
  if (out) {
    await mkdir(out, { recursive: true });
    await Promise.all(outputs.map(({ name, bytes }) => writeFile(path.join(out, `${name}.jpg`), bytes)));
  }
  return {
    wallMs: wall / 1e6,
    cpuMs: (cpu.user + cpu.system) / 1e3,
    peakKb: Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]),
    hasExif: metadata.exif !== undefined,
    outputs: outputs.map(({ name, width, height, bytes }) => ({ name, width, height, bytes: bytes.length })),
  };
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (!(variant in VARIANTS)) {
  process.stderr.write(`sharp.mjs: there is no variant ${variant}\n`);
  process.exit(2);
}
say({
  versions: `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}, mozjpeg ${sharp.versions.mozjpeg}, node ${process.versions.node}`,
  settings: `${variant}, concurrency ${sharp.concurrency()}, cache of ${sharp.cache().items.max} operations, simd ${sharp.simd()}, optimiseCoding ${optimiseCoding}`,
});
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    say(await run(JSON.parse(line)));
  } catch (error) {
    say({ error: String(error) });
  }
}
