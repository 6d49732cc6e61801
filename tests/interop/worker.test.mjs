// A foreign worker, npm's own, takes a job that our producer put into the queue of a pipeline without a worker of ours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "bullmq";
import { GOOD, UNATTENDED, ownJobId, photoNow, upload } from "./platform.mjs";
import { bull, closing, journalOf, queueOf } from "./queues.mjs";

/** Jobs with a priority wait in a set of their own. */
const WAITING = ["waiting", "prioritized"];

test("npm's worker reads our job and completes it, and the queue tells the same before and after", async () => {
  const [queue, journal] = [queueOf(UNATTENDED), journalOf(UNATTENDED)];
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const photo = await upload(GOOD, { pipeline: UNATTENDED, headers });
  const id = ownJobId(photo);
  await journal.until(id, "waiting");

  const listed = async (states) => (await queue.getJobs(states)).filter((job) => job.id === id).length;
  const before = await queue.getJobCounts(...WAITING, "active", "completed");
  assert.deepEqual([await listed(WAITING), await listed(["completed"])], [1, 0]);
  assert.ok(before.waiting + before.prioritized >= 1);
  assert.equal(before.completed, 0);
  const waiting = await queue.getJob(id);
  assert.equal(waiting.name, "process-photo");
  const { attempts, removeOnComplete, removeOnFail } = waiting.opts;
  assert.equal(attempts, 1, "attempts are counted in the platform's own store");
  assert.deepEqual(removeOnComplete, { age: 3600, count: 1000 });
  assert.deepEqual(removeOnFail, { age: 7 * 24 * 3600, count: 5000 });
  assert.equal(waiting.delay, 0);

  const taken = new Map();
  const worker = closing(new Worker(UNATTENDED, async (job) => {
    taken.set(job.id, job.data);
    await job.updateProgress(50);
    await job.log("looked at");
    return { by: "npm" };
  }, { ...bull(), name: "foreign" }));
  const { returnvalue } = await journal.until(id, "completed");
  await worker.close();

  const { schemaVersion, photoId, pipeline, generation, traceparent } = taken.get(id);
  assert.deepEqual({ schemaVersion, photoId, pipeline, generation },
    { schemaVersion: 1, photoId: photo.id, pipeline: UNATTENDED, generation: 1 });
  assert.match(traceparent, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  assert.deepEqual(returnvalue, { by: "npm" });
  assert.deepEqual([await listed(WAITING), await listed(["completed"])], [0, 1]);
  const done = await queue.getJob(id);
  assert.deepEqual([await done.getState(), done.progress, done.processedBy], ["completed", 50, "foreign"]);
  assert.equal((await photoNow(photo)).status, "queued", "only the platform's own store says what is done");
});

test("a job of ours that npm's worker fails ends at its first attempt, with the reason and the stack", async () => {
  const [queue, journal] = [queueOf(UNATTENDED), journalOf(UNATTENDED)];
  const photo = await upload(GOOD, { pipeline: UNATTENDED });
  const fails = async () => {
    throw new Error("no such film");
  };
  const worker = closing(new Worker(UNATTENDED, fails, bull()));
  const { failedReason } = await journal.until(ownJobId(photo), "failed");
  await worker.close();
  assert.equal(failedReason, "no such film");
  const job = await queue.getJob(ownJobId(photo));
  assert.deepEqual([await job.getState(), job.attemptsMade], ["failed", 1]);
  assert.match(job.stacktrace[0], /no such film/);
});
