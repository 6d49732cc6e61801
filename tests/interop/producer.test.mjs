// Jobs that a foreign program puts into our queue with npm's bullmq, and what our worker makes of them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { FlowProducer, Worker } from "bullmq";
import { GOOD, PIPELINE, UNATTENDED, assertOutcomes, outcomes, ownJobId, photoNow, upload } from "./platform.mjs";
import { bull, closing, journalOf, queueOf } from "./queues.mjs";

const queue = queueOf(PIPELINE);
const journal = journalOf(PIPELINE);
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A job's data as our documentation has it. */
const order = ({ id, generation = 1, pipeline = PIPELINE }) =>
  ({ schemaVersion: 1, photoId: id, pipeline, generation, traceparent: TRACEPARENT });

/** An id that BullMQ knows from no other test. */
const newId = () => `foreign-${randomUUID()}`;

/** Adds a job and returns what is told of its end. */
async function added(data, jobId = newId(), end = "completed", options = {}) {
  const job = await queue.add("foreign", data, { jobId, ...options });
  return journal.until(job.id, end);
}

/** A photo that the platform has completed. */
async function completedPhoto() {
  const photo = await upload(GOOD);
  await journal.until(ownJobId(photo), "completed");
  const now = await photoNow(photo);
  assert.equal(now.status, "completed");
  return now;
}

describe("a foreign producer", () => {
  let ended;
  before(async () => {
    ended = await completedPhoto();
  });

  test("a job for a generation that has ended is completed, and the photo stays as it was", async () => {
    const counted = await outcomes();
    const { data } = await queue.getJob(ownJobId(ended));
    for (const copy of [data, order(ended)]) assert.equal((await added(copy)).returnvalue, "completed");
    await assertOutcomes(counted, { "finished before": 2 });
    assert.deepEqual(await photoNow(ended), ended);
  });

  test("a job for a photo that is open is worked on, and ours then finds it finished", async () => {
    const counted = await outcomes();
    await queue.pause();
    await queue.setGlobalConcurrency(1);
    const photo = await upload(GOOD);
    await journal.until(ownJobId(photo), "waiting");
    const first = newId();
    await queue.add("foreign", order(photo), { jobId: first, lifo: true });
    await queue.resume();
    await journal.until(ownJobId(photo), "completed");
    await queue.removeGlobalConcurrency();
    assert.deepEqual(journal.kindsOf(first), ["added", "waiting", "active", "completed"]);
    await assertOutcomes(counted, { completed: 1, "finished before": 1 });
    const now = await photoNow(photo);
    assert.equal(now.status, "completed");
    assert.equal(now.seq, 3, "uploaded, started, completed: each once");
    assert.deepEqual(now.variants.map(({ name }) => name), ["150", "300", "600"]);
  });

  test("jobs for an unknown photo and for a generation that is not there are completed as superseded", async () => {
    const counted = await outcomes();
    await added(order({ id: "01993000-0000-7000-8000-00000000dead" }));
    await added(order({ ...ended, generation: 7 }));
    await assertOutcomes(counted, { superseded: 2 });
    assert.deepEqual(await photoNow(ended), ended);
  });

  test("a job of another pipeline is refused, and its photo is left to its own", async () => {
    const counted = await outcomes();
    const photo = await upload(GOOD, { pipeline: UNATTENDED });
    await journalOf(UNATTENDED).until(ownJobId(photo), "waiting");
    const { failedReason } = await added(order(photo), newId(), "failed");
    assert.match(failedReason, /unattended/);
    await assertOutcomes(counted, { unreadable: 1 });
    assert.equal((await photoNow(photo)).status, "queued");
  });

  const GARBAGE = {
    "nothing": undefined,
    "null": null,
    "a text": "photo",
    "a number": 42,
    "a list": [1, 2, 3],
    "an empty object": {},
    "another program's data": { to: "ann@example.com", subject: "hello" },
    "no photo": { ...order({ id: "x" }), photoId: undefined },
    "an id that is none": order({ id: "../../etc/passwd" }),
    "a version of the future": { ...order({ id: randomUUID() }), schemaVersion: 2 },
    "a generation as text": order({ id: randomUUID(), generation: "1" }),
    "a negative generation": order({ id: randomUUID(), generation: -1 }),
    "a pipeline that is none": order({ id: randomUUID(), pipeline: "Full Processing" }),
    "a broken trace": { ...order({ id: randomUUID() }), traceparent: "00-0-0-01" },
    "a megabyte": "x".repeat(1024 * 1024),
    "a thousand levels": Array.from({ length: 1000 }).reduce((inner) => [inner], null),
  };

  for (const [what, data] of Object.entries(GARBAGE)) {
    test(`${what} is refused with a reason that the queue shows`, async () => {
      const jobId = newId();
      const { failedReason } = await added(data, jobId, "failed");
      assert.match(failedReason, /^the job's data is not a photo job: ./);
      assert.ok(failedReason.length < 500, `${failedReason.length} characters`);
      const job = await queue.getJob(jobId);
      assert.equal(job.failedReason, failedReason);
      assert.equal(await job.getState(), "failed");
      assert.deepEqual(journal.kindsOf(jobId), ["added", "waiting", "active", "failed"], "it is not tried again");
    });
  }

  const IDS = [
    "01", "photo/1", "repeat:daily:1", "::", "../..", "фото 写真 📷", "two\nlines", "a\u0000b", ` "'{}[]*?\\ `, "x".repeat(2000),
  ];

  for (const id of IDS) {
    test(`the id ${JSON.stringify(id.slice(0, 40))} is taken`, async () => {
      assert.equal((await added(order(ended), id)).jobId, id);
      assert.equal(await (await queue.getJob(id)).getState(), "completed");
    });
  }

  test("an id that BullMQ gives by itself is a number, and is taken", async () => {
    const job = await queue.add("foreign", order(ended));
    assert.match(job.id, /^\d+$/);
    await journal.until(job.id, "completed");
  });

  test("an id that is there already is not added twice", async () => {
    const counted = await outcomes();
    const job = await queue.add("foreign", order(ended), { jobId: ownJobId(ended) });
    assert.equal(job.id, ownJobId(ended));
    await journal.until(job.id, "duplicated");
    await added(order(ended));
    await assertOutcomes(counted, { "finished before": 1 });
  });

  const OPTIONS = {
    "a priority": { priority: 7 },
    "a delay": { delay: 50 },
    "attempts with backoff": { attempts: 5, backoff: { type: "exponential", delay: 10, jitter: 0.5 } },
    "a strategy of its own": { attempts: 3, backoff: { type: "ours", delay: 10 } },
    "a deduplication id": { deduplication: { id: "nightly", ttl: 1000 } },
    "limits of its own": { removeOnComplete: { age: 60, count: 5, limit: 10 }, removeOnFail: 5, keepLogs: 3, stackTraceLimit: 0, sizeLimit: 2000 },
  };

  for (const [what, options] of Object.entries(OPTIONS)) {
    test(`a job with ${what} is taken`, async () => {
      const { jobId } = await added(order(ended), newId(), "completed", options);
      assert.equal((await queue.getJob(jobId)).returnvalue, "completed");
    });
  }

  test("a failed job is not tried again, whatever attempts it brings", async () => {
    const { jobId } = await added({}, newId(), "failed", { attempts: 5, backoff: { type: "fixed", delay: 1 } });
    const job = await queue.getJob(jobId);
    assert.deepEqual([await job.getState(), job.attemptsMade], ["failed", 1]);
  });

  test("a job that is to be removed at its end can be added again under its id", async () => {
    const jobId = newId();
    for (const [end, data] of [["completed", order(ended)], ["failed", {}], ["completed", order(ended)]]) {
      const told = journal.of(jobId).length;
      await queue.add("foreign", data, { jobId, removeOnComplete: true, removeOnFail: true });
      await journal.until(jobId, end, told);
      await journal.until(jobId, "removed", told);
      assert.equal(await queue.getJob(jobId), undefined);
    }
  });

  test("a flow goes on once our worker has ended its child, well or badly", async () => {
    const albums = "foreign-albums";
    const flows = closing(new FlowProducer(bull()));
    const made = [];
    const worker = closing(new Worker(albums, async (job) => made.push(await job.getChildrenValues()), bull()));
    await worker.waitUntilReady();
    const flow = (data, opts) =>
      flows.add({ name: "album", queueName: albums, children: [{ name: "foreign", queueName: PIPELINE, data, opts }] });
    const well = await flow(order(ended), {});
    await journalOf(albums).until(well.job.id, "completed");
    assert.deepEqual(made.map((values) => Object.values(values)), [["completed"]]);
    const badly = await flow({}, { failParentOnFailure: true });
    const { failedReason } = await journalOf(albums).until(badly.job.id, "failed");
    assert.match(failedReason, /^child .* failed$/);
  });

  test("after all of this our worker does its work as before", async () => {
    const counted = await outcomes();
    await completedPhoto();
    await assertOutcomes(counted, { completed: 1 });
    const { active, waiting, delayed } = await queue.getJobCounts("active", "waiting", "delayed");
    assert.deepEqual({ active, waiting, delayed }, { active: 0, waiting: 0, delayed: 0 });
  });
});
