// Bull Board, served by Express and opened in Chromium: operators see our queues and jobs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import express from "express";
import { launch } from "../browser/browser.mjs";
import { BROKEN, GOOD, LIMIT_MS, PIPELINE, UNATTENDED, WORKER_NAME, ownJobId, photoNow, upload } from "./platform.mjs";
import { journalOf, queueOf } from "./queues.mjs";

const journal = journalOf(PIPELINE);
describe("Bull Board", () => {
  let base;
  let server;
  let good;
  let broken;
  let waiting;

  before(async () => {
    const board = new ExpressAdapter();
    board.setBasePath("/board");
    createBullBoard({ queues: [PIPELINE, UNATTENDED].map((name) => new BullMQAdapter(queueOf(name))), serverAdapter: board });
    const app = express().use("/board", board.getRouter());
    await new Promise((ready) => {
      server = app.listen(0, "127.0.0.1", ready);
    });
    base = `http://127.0.0.1:${server.address().port}/board`;

    for (const name of [PIPELINE, UNATTENDED]) {
      for (const state of ["wait", "prioritized", "completed", "failed"]) await queueOf(name).clean(0, 10_000, state);
    }
    [good, broken] = [await upload(GOOD), await upload(BROKEN)];
    waiting = await upload(GOOD, { pipeline: UNATTENDED });
    await journal.until(ownJobId(good), "completed");
    await journal.until(ownJobId(broken), "failed");
    await journalOf(UNATTENDED).until(ownJobId(waiting), "waiting");
  });
  after(() => {
    server?.close();
    server?.closeAllConnections();
  });

  async function ask(path, method = "GET") {
    const response = await fetch(`${base}/api/${path}`, { method });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** What the board shows of a queue, with its jobs of one state. */
  async function shown(name, state) {
    const { queues } = await ask(`queues?activeQueue=${name}&status=${state}&page=1&jobsPerPage=10`);
    return queues.find((queue) => queue.name === name);
  }

  const waitingCount = ({ counts }) => counts.waiting + (counts.prioritized ?? 0);

  test("the board counts our jobs and lists those that completed and failed", async () => {
    const completed = await shown(PIPELINE, "completed");
    const { counts } = completed;
    assert.deepEqual([counts.completed, counts.failed, counts.active, waitingCount(completed)], [1, 1, 0, 0]);
    const [job, ...more] = completed.jobs;
    assert.deepEqual(more, []);
    assert.equal(job.id, ownJobId(good));
    assert.equal(job.name, "process-photo");
    assert.equal(job.data.photoId, good.id);
    assert.equal(job.processedBy, WORKER_NAME);
    assert.equal(job.isFailed, false);
    assert.ok(job.timestamp <= job.processedOn && job.processedOn <= job.finishedOn);

    const [failed, ...others] = (await shown(PIPELINE, "failed")).jobs;
    assert.deepEqual(others, []);
    assert.deepEqual([failed.id, failed.name, failed.isFailed], [ownJobId(broken), "process-photo", true]);
    assert.equal(failed.failedReason, (await photoNow(broken)).failure.message);
  });

  test("the board lists jobs that wait, and knows which queue has a worker", async () => {
    const states = await Promise.all(["waiting", "prioritized"].map((state) => shown(UNATTENDED, state)));
    assert.deepEqual(states.map(waitingCount), [1, 1]);
    assert.deepEqual(states.flatMap(({ jobs }) => jobs.map(({ id }) => id)), [ownJobId(waiting)]);
    assert.deepEqual([(await shown(PIPELINE, "latest")).hasWorkers, states[0].hasWorkers], [true, false]);
    const { workers } = await ask(`queues/${PIPELINE}/workers`);
    assert.ok(workers.some(({ name }) => name.includes(WORKER_NAME)), JSON.stringify(workers));
  });

  test("the board pauses and resumes our queue", async () => {
    await ask(`queues/${PIPELINE}/pause`, "PUT");
    assert.equal((await shown(PIPELINE, "latest")).isPaused, true);
    const photo = await upload(GOOD);
    await journal.until(ownJobId(photo), "waiting");
    assert.equal(waitingCount(await shown(PIPELINE, "latest")), 1);
    await ask(`queues/${PIPELINE}/resume`, "PUT");
    await journal.until(ownJobId(photo), "completed");
  });

  test("a failed job that the board retries is taken, and changes nothing of its photo", async () => {
    const before = await photoNow(broken);
    const told = journal.of(ownJobId(broken)).length;
    await ask(`queues/${PIPELINE}/${ownJobId(broken)}/retry`, "PUT");
    await journal.until(ownJobId(broken), "completed", told);
    assert.deepEqual(await photoNow(broken), before);
  });

  test("the board's page shows our queues and why a photo failed", async () => {
    const failing = await upload(BROKEN);
    const { failedReason } = await journal.until(ownJobId(failing), "failed");
    const browser = await launch();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      await page.goto(`${base}/`);
      await page.getByText(PIPELINE).first().waitFor();
      await page.getByText(UNATTENDED).first().waitFor();
      await page.goto(`${base}/queue/${PIPELINE}?status=failed`);
      await page.getByText(failedReason).first().waitFor();
    } finally {
      await browser.close();
    }
  });
});
