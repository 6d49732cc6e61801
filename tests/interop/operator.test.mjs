// What an operator does by hand with npm's bullmq: our worker obeys a pause.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { GOOD, LIMIT_MS, PIPELINE, WORKER_NAME, ownJobId, photoNow, upload } from "./platform.mjs";
import { address, journalOf, keyOf, queueOf } from "./queues.mjs";

const queue = queueOf(PIPELINE);
const journal = journalOf(PIPELINE);

/**
 * Resolves when the worker has begun to wait for work twice from now on. Between the two it has looked for a job in
 * vain: one that it finds, it takes.
 */
async function workerHasLookedInVain() {
  const redis = new Redis(address());
  const monitor = await redis.monitor();
  let waits = 0;
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the worker does not look for jobs")), LIMIT_MS);
      monitor.on("monitor", (_time, [command, key]) => {
        if (command.toLowerCase() !== "bzpopmin" || key !== keyOf(PIPELINE, "marker")) return;
        waits += 1;
        if (waits < 2) return;
        clearTimeout(timer);
        resolve();
      });
    });
  } finally {
    monitor.disconnect();
    redis.disconnect();
  }
}

test("a paused queue keeps its jobs, and the worker goes on after the pause", async () => {
  await queue.pause();
  const photos = [await upload(GOOD), await upload(GOOD)];
  const ids = photos.map(ownJobId);
  for (const id of ids) await journal.until(id, "waiting");
  await workerHasLookedInVain();
  assert.equal(await queue.isPaused(), true);
  assert.deepEqual(ids.map((id) => journal.kindsOf(id)), [["added", "waiting"], ["added", "waiting"]]);
  assert.equal(await queue.getActiveCount(), 0);
  for (const photo of photos) assert.equal((await photoNow(photo)).status, "queued");
  await queue.resume();
  for (const id of ids) await journal.until(id, "completed");
  for (const photo of photos) assert.equal((await photoNow(photo)).status, "completed");
});

test("npm lists our worker by its name", async () => {
  const names = (await queue.getWorkers()).map(({ rawname }) => rawname);
  assert.ok(names.some((name) => name.endsWith(`:w:${WORKER_NAME}`)), `${names}`);
});
