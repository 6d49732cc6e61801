// The life of our jobs as npm's QueueEvents tells it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Queue, QueueEvents } from "bullmq";
import { BROKEN, GOOD, PIPELINE, ownJobId, photoNow, upload } from "./platform.mjs";
import { address, closing, journalOf, queueOf } from "./queues.mjs";

const journal = journalOf(PIPELINE);

test("a photo that completes is added, waiting, active and completed, in this order", async () => {
  const id = ownJobId(await upload(GOOD));
  const { returnvalue } = await journal.until(id, "completed");
  assert.equal(returnvalue, "completed", "QueueEvents has parsed it as JSON");
  const [added, waiting, active, completed] = journal.of(id);
  assert.deepEqual(journal.kindsOf(id), ["added", "waiting", "active", "completed"]);
  assert.equal(added.name, "process-photo");
  assert.deepEqual([waiting.prev, active.prev, completed.prev], [undefined, "waiting", "active"]);
});

test("a photo that fails is failed, with the reason that its owner is shown", async () => {
  const photo = await upload(BROKEN);
  const id = ownJobId(photo);
  const { failedReason } = await journal.until(id, "failed");
  assert.deepEqual(journal.kindsOf(id), ["added", "waiting", "active", "failed"]);
  const { status, failure } = await photoNow(photo);
  assert.equal(status, "failed");
  assert.equal(failedReason, failure.message);
});

test("npm's waitUntilFinished returns for our jobs as for any", async () => {
  const queue = queueOf(PIPELINE);
  const good = ownJobId(await upload(GOOD));
  await journal.until(good, "added");
  assert.equal(await (await queue.getJob(good)).waitUntilFinished(journal.events), "completed");
  const broken = ownJobId(await upload(BROKEN));
  await journal.until(broken, "added");
  await assert.rejects((await queue.getJob(broken)).waitUntilFinished(journal.events), { message: /^[A-Z].*\.$/ });
});

test("a queue of the same name under another prefix is not ours: nothing of it is taken, nothing of ours is told", async () => {
  const other = { connection: address(), prefix: `neighbour-${randomUUID()}` };
  const queue = closing(new Queue(PIPELINE, other));
  const told = [];
  const events = closing(new QueueEvents(PIPELINE, { ...other, lastEventId: "0" }));
  for (const kind of ["active", "completed", "failed"]) events.on(kind, ({ jobId }) => told.push(jobId));
  const mark = new Promise((resolve) => events.on("waiting", ({ jobId }) => jobId === "mark" && resolve()));
  await queue.add("foreign", {}, { jobId: "theirs" });
  await journal.until(ownJobId(await upload(GOOD)), "completed");
  await queue.add("foreign", {}, { jobId: "mark" });
  await mark;
  assert.deepEqual(told, []);
  assert.equal(await queue.getWaitingCount(), 2);
});
