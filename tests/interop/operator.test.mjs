// What an operator does by hand with npm's bullmq: our worker obeys a pause.

import assert from "node:assert/strict";
import { on } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { GOOD, LIMIT_MS, PIPELINE, WORKER_NAME, ownJobId, photoNow, upload } from "./platform.mjs";
import { address, journalOf, keyOf, queueOf } from "./queues.mjs";

const queue = queueOf(PIPELINE);
const journal = journalOf(PIPELINE);

/**
 * Resolves when the worker has begun to wait for work twice from now on. Between the two it has looked for a job in
 * vain: one that it finds, it takes. ioredis' own monitor fails where a command comes right behind its first answer.
 */
async function workerHasLookedInVain() {
  const look = `"bzpopmin" "${keyOf(PIPELINE, "marker")}"`;
  const socket = connect(address());
  socket.write("MONITOR\r\n");
  const commands = on(createInterface({ input: socket }), "line", { signal: AbortSignal.timeout(LIMIT_MS) });
  let waits = 0;
  try {
    for await (const [command] of commands) {
      if (command.toLowerCase().includes(look)) waits += 1;
      if (waits === 2) return;
    }
  } finally {
    socket.destroy();
  }
}

test("a paused queue keeps its jobs, and the worker goes on after the pause", async () => {
  await queue.pause();
  const photos = [await upload(GOOD), await upload(GOOD)];
  const ids = photos.map(ownJobId);
  try {
    for (const id of ids) await journal.until(id, "waiting");
    await workerHasLookedInVain();
    assert.equal(await queue.isPaused(), true);
    assert.deepEqual(ids.map((id) => journal.kindsOf(id)), [["added", "waiting"], ["added", "waiting"]]);
    assert.equal(await queue.getActiveCount(), 0);
    for (const photo of photos) assert.equal((await photoNow(photo)).status, "queued");
  } finally {
    // The tests that follow need the queue.
    await queue.resume();
  }
  for (const id of ids) await journal.until(id, "completed");
  for (const photo of photos) assert.equal((await photoNow(photo)).status, "completed");
});

test("npm lists our worker by its name", async () => {
  const names = (await queue.getWorkers()).map(({ rawname }) => rawname);
  assert.ok(names.some((name) => name.endsWith(`:w:${WORKER_NAME}`)), `${names}`);
});
