// Which file is uploaded when: a few at a time, the others wait; what failed for a passing reason is tried again.

const ATTEMPTS_MAX = 8;
const BACKOFF_MS = [1000, 2000, 4000, 8000, 15000];

/** What follows an attempt that failed: { next: "refused" | "sign-in" | "give-up" | "retry", delayMs? }. */
export function afterFailure({ status, retryAfterMs }, attempt, random = Math.random) {
  if (status === 401) return { next: "sign-in" };
  const passing = status === 0 || status === 408 || status === 429 || status >= 500;
  if (!passing) return { next: "refused" };
  if (attempt >= ATTEMPTS_MAX) return { next: "give-up" };
  const backoffMs = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length) - 1];
  return { next: "retry", delayMs: Math.max(retryAfterMs ?? 0, Math.round(backoffMs * (0.75 + random() / 2))) };
}

/**
 * Items are objects with `send()`, which resolves to a photo's view, and `report(step)`, which is told each step:
 * { step: "waiting" | "sending" | "accepted" | "retrying" | "refused" | "stopped", … }.
 */
export class UploadQueue {
  #limit;
  #ready;
  #later;
  #waiting = [];
  #running = 0;
  #paused = false;
  #notBefore = 0;

  /** `ready()` resolves when uploads may begin; `later(ms, task)` runs a task after that time. */
  constructor({ ready, limit = 3, later = (ms, task) => setTimeout(task, ms) }) {
    this.#ready = ready;
    this.#limit = limit;
    this.#later = later;
  }

  add(items) {
    for (const item of items) {
      item.attempt = 0;
      item.report({ step: "waiting" });
      this.#waiting.push(item);
    }
    this.#pump();
  }

  /** Takes an item out that waits; one that is being sent goes on until its `send` rejects. */
  remove(item) {
    item.removed = true;
    this.#waiting = this.#waiting.filter((one) => one !== item);
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#pump();
  }

  async #pump() {
    await this.#ready();
    while (!this.#paused && !this.#held && this.#running < this.#limit && this.#waiting.length > 0) {
      this.#run(this.#waiting.shift());
    }
  }

  get #held() {
    return this.#notBefore > 0;
  }

  async #run(item) {
    this.#running += 1;
    item.attempt += 1;
    item.report({ step: "sending", attempt: item.attempt });
    try {
      const view = await item.send();
      item.report({ step: "accepted", view });
    } catch (error) {
      if (!item.removed) this.#failed(item, error);
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }

  #failed(item, error) {
    const { next, delayMs } = afterFailure(error, item.attempt);
    if (next === "refused") return item.report({ step: "refused", reason: error.message });
    if (next === "give-up") return item.report({ step: "stopped", reason: error.message });
    if (next === "sign-in") {
      item.attempt -= 1;
      this.#waiting.unshift(item);
      this.pause();
      return item.report({ step: "waiting" });
    }
    item.report({ step: "retrying", reason: error.message, status: error.status, delayMs, attempt: item.attempt });
    if (error.status === 503 || error.status === 429) this.#hold(delayMs);
    this.#later(delayMs, () => {
      if (item.removed) return;
      this.#waiting.unshift(item);
      this.#pump();
    });
  }

  /** A busy server is busy for every file: nothing new begins before it asked to be tried again. */
  #hold(ms) {
    this.#notBefore += 1;
    this.#later(ms, () => {
      this.#notBefore -= 1;
      this.#pump();
    });
  }
}
