// The platform that the tests run against, as its clients see it. The environment says where it is.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** How long anything may take before a test says that it does not happen. The machine may be busy. */
export const LIMIT_MS = 60_000;

/** A pipeline with one worker of ours, and one that has none. */
export const PIPELINE = "full-processing";
export const UNATTENDED = "unattended";
/** What the worker of PIPELINE is called. */
export const WORKER_NAME = "full-processing-worker-1";

/** Photos of PHOTO_SAMPLES: one that completes, and one that is accepted and fails. */
export const GOOD = "mountains.jpg";
export const BROKEN = "broken.jpg";

const MEANING = {
  PHOTO_URL: "the base URL of a running api role, such as http://127.0.0.1:3000",
  PHOTO_TOKEN: "a token of a user (photo-gateway token)",
  PHOTO_SAMPLES: "the folder config/samples/photos",
  PHOTO_WORKER_METRICS: `the URL of /metrics of the one worker of ${PIPELINE}`,
  PHOTO_REDIS_URL: "the Redis of that platform, such as redis://127.0.0.1:6379",
  PHOTO_BULL_PREFIX: "the prefix of its BullMQ keys: `bull`, or `team-photos-bull` where REDIS_PREFIX is `team-photos:`",
};

/** The variable's value; ends the tests with its meaning where it is not set. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. It names ${MEANING[name]}.`);
  return value;
}

const authorized = (headers = {}) => ({ Authorization: `Bearer ${setting("PHOTO_TOKEN")}`, ...headers });

/** Uploads a sample and returns the photo as the platform shows it. */
export async function upload(name, { pipeline = PIPELINE, headers } = {}) {
  const form = new FormData();
  form.append("photos", new Blob([await readFile(join(setting("PHOTO_SAMPLES"), name))]), name);
  const url = `${setting("PHOTO_URL")}/photos/upload?pipeline=${pipeline}`;
  const response = await fetch(url, { method: "POST", headers: authorized(headers), body: form });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).photos[0];
}

/** The photo as it is now. */
export async function photoNow({ id }) {
  const response = await fetch(`${setting("PHOTO_URL")}/photos/${id}`, { headers: authorized() });
  assert.equal(response.status, 200);
  return response.json();
}

/** What the platform calls the job of the photo's generation. */
export const ownJobId = ({ id, pipeline, generation }) => `${id}-${pipeline}-${generation}`;

/** How the worker's jobs ended, once it has none under way: `{ completed: 3, superseded: 1 }`. */
export async function outcomes() {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const text = await (await fetch(setting("PHOTO_WORKER_METRICS"))).text();
    // It counts a job after its end.
    if (/^photo_worker_active_jobs 0$/m.test(text)) {
      const counters = text.matchAll(/^photo_worker_jobs_total\{outcome="([^"]+)"\} (\d+)$/gm);
      return Object.fromEntries([...counters].map(([, outcome, count]) => [outcome, Number(count)]));
    }
    assert.ok(Date.now() < deadline, "the worker's jobs end");
  }
}

/** Requires that the jobs that ended since `before` ended as `expected`: `{ superseded: 2 }`. */
export async function assertOutcomes(before, expected) {
  const grown = Object.entries(await outcomes()).map(([outcome, count]) => [outcome, count - (before[outcome] ?? 0)]);
  assert.deepEqual(Object.fromEntries(grown.filter(([, count]) => count > 0)), expected);
}
