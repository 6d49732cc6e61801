// The platform's queues as npm's bullmq sees them. What is opened here is closed when the tests end.

import { after } from "node:test";
import { Queue, QueueEvents } from "bullmq";
import { LIMIT_MS, setting } from "./platform.mjs";

const KINDS = ["added", "waiting", "delayed", "active", "completed", "failed", "stalled", "removed", "duplicated"];

const opened = [];
after(() => Promise.all(opened.map((one) => one.close())));

/** Closes it when the tests end. */
export function closing(one) {
  opened.push(one);
  return one;
}

/** Where Redis is, for ioredis. */
export function address() {
  const { hostname, port } = new URL(setting("PHOTO_REDIS_URL"));
  return { host: hostname, port: Number(port) };
}

/** What every class of bullmq is given. */
export const bull = () => ({ connection: address(), prefix: setting("PHOTO_BULL_PREFIX") });

/** A queue's key, such as `wait`. */
export const keyOf = (queue, suffix) => `${setting("PHOTO_BULL_PREFIX")}:${queue}:${suffix}`;

const once = (make) => {
  const made = new Map();
  return (name) => made.get(name) ?? made.set(name, make(name)).get(name);
};

/** The queue of that name. */
export const queueOf = once((name) => closing(new Queue(name, bull())));

/** What npm's QueueEvents tells of the queue, from the queue's first event on. */
export const journalOf = once((name) => new Journal(closing(new QueueEvents(name, { ...bull(), lastEventId: "0" }))));

class Journal {
  #told = [];
  #askers = new Set();

  constructor(events) {
    this.events = events;
    for (const kind of KINDS) {
      events.on(kind, (more) => {
        this.#told.push({ kind, ...more });
        for (const ask of this.#askers) ask();
      });
    }
  }

  /** What was told of the job, in order. */
  of(jobId) {
    return this.#told.filter((event) => event.jobId === jobId);
  }

  /** The kinds of what was told of the job, in order. */
  kindsOf(jobId) {
    return this.of(jobId).map(({ kind }) => kind);
  }

  /** The first event of that kind about the job, once it is told; the first `skipped` events about it don't count. */
  until(jobId, kind, skipped = 0) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#askers.delete(ask);
        settle(value);
      };
      const ask = () => {
        const found = this.of(jobId).slice(skipped).find((event) => event.kind === kind);
        if (found) end(resolve, found);
      };
      const missing = () => new Error(`not within ${LIMIT_MS / 1000} s: job ${jobId} is ${kind}; told were ${this.kindsOf(jobId)}`);
      const timer = setTimeout(() => end(reject, missing()), LIMIT_MS);
      this.#askers.add(ask);
      ask();
    });
  }
}
