import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadQueue, afterFailure } from "../../../gateway/assets/app/upload-queue.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const failure = (status, retryAfterMs = null) => Object.assign(new Error(`status ${status}`), { status, retryAfterMs });

/** A queue with a clock of its own, and items whose sends are ended by hand. */
function bench() {
  const timers = [];
  const queue = new UploadQueue({ ready: () => Promise.resolve(), later: (ms, task) => timers.push({ ms, task }) });
  const item = () => {
    const it = { steps: [], sends: 0 };
    it.report = (step) => it.steps.push(step);
    it.send = () => {
      it.sends += 1;
      return new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
    };
    return it;
  };
  const items = (count) => Array.from({ length: count }, item);
  const elapse = async () => {
    for (const { task } of timers.splice(0)) task();
    await turn();
  };
  return { queue, items, timers, elapse };
}

const names = (item) => item.steps.map((one) => one.step);

test("three files are sent at a time, the others wait their turn", async () => {
  const { queue, items } = bench();
  const all = items(5);
  queue.add(all);
  await turn();
  assert.deepEqual(all.map((item) => item.sends), [1, 1, 1, 0, 0]);
  all[1].resolve({ id: "p" });
  await turn();
  assert.deepEqual(all.map((item) => item.sends), [1, 1, 1, 1, 0]);
  assert.deepEqual(names(all[1]), ["waiting", "sending", "accepted"]);
});

test("nothing is sent before the page is ready", async () => {
  let open;
  const queue = new UploadQueue({ ready: () => new Promise((resolve) => (open = resolve)) });
  const [item] = bench().items(1);
  queue.add([item]);
  await turn();
  assert.equal(item.sends, 0);
  open();
  await turn();
  assert.equal(item.sends, 1);
});

test("a refused file is not sent again and tells the reason", async () => {
  const { queue, items, timers } = bench();
  const [item] = items(1);
  queue.add([item]);
  await turn();
  item.reject(failure(415));
  await turn();
  assert.deepEqual(item.steps.at(-1), { step: "refused", reason: "status 415" });
  assert.equal(timers.length, 0);
});

test("after 503 nothing new begins before Retry-After has passed", async () => {
  const { queue, items, timers, elapse } = bench();
  const all = items(4);
  queue.add(all);
  await turn();
  all[0].reject(failure(503, 7000));
  await turn();
  assert.equal(all[3].sends, 0);
  assert.ok(timers.every(({ ms }) => ms >= 7000));
  await elapse();
  assert.equal(all[0].sends, 2);
});

test("after 401 the file waits and is sent when somebody has signed in", async () => {
  const { queue, items } = bench();
  const [item] = items(1);
  queue.add([item]);
  await turn();
  item.reject(failure(401));
  await turn();
  assert.deepEqual(names(item), ["waiting", "sending", "waiting"]);
  queue.resume();
  await turn();
  assert.equal(item.sends, 2);
});

test("a file that was taken out is not sent again", async () => {
  const { queue, items, elapse } = bench();
  const [item] = items(1);
  queue.add([item]);
  await turn();
  item.reject(failure(0));
  await turn();
  queue.remove(item);
  await elapse();
  assert.equal(item.sends, 1);
});

test("waits grow, hold what Retry-After asks, and end after eight attempts", () => {
  const middle = () => 0.5;
  assert.deepEqual([1, 2, 3, 7].map((n) => afterFailure({ status: 0 }, n, middle).delayMs), [1000, 2000, 4000, 15000]);
  assert.equal(afterFailure({ status: 503, retryAfterMs: 60_000 }, 1, middle).delayMs, 60_000);
  assert.equal(afterFailure({ status: 0 }, 8).next, "give-up");
  for (const status of [413, 415, 422, 400]) assert.equal(afterFailure({ status }, 1).next, "refused");
});
