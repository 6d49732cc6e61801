// The queue's numbers: asked for often while something is going on here, rarely otherwise, never in a hidden tab.

import { count } from "./words.js";

const ACTIVE_MS = 2000;
const IDLE_MS = 10000;
const FIELDS = ["queued", "processing", "completedTotal", "failedTotal"];

export class QueueNumbers {
  #root;
  #api;
  #active;
  #timer = null;
  #running = false;

  /** `active()` tells whether something of this page is under way. */
  constructor({ root, api, active }) {
    this.#root = root;
    this.#api = api;
    this.#active = active;
    document.addEventListener("visibilitychange", () => this.#plan(0));
  }

  start() {
    this.#running = true;
    this.#plan(0);
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Something began: the next look need not wait for the idle interval. */
  hurry() {
    this.#plan(ACTIVE_MS / 4);
  }

  #plan(ms) {
    clearTimeout(this.#timer);
    if (this.#running && !document.hidden) this.#timer = setTimeout(() => this.#look(), ms);
  }

  async #look() {
    try {
      this.#show(await this.#api.pipelines());
    } catch {
      this.#root.classList.add("stale"); // the last numbers stay, dimmed
    }
    this.#plan(this.#active() ? ACTIVE_MS : IDLE_MS);
  }

  #show(pipelines) {
    for (const field of FIELDS) {
      const sum = pipelines.reduce((total, one) => total + (one[field] ?? 0), 0);
      this.#root.querySelector(`[data-number="${field}"]`).textContent = count(sum);
    }
    this.#root.title = pipelines.map((one) => `${one.name}: ${one.queued} waiting, ${one.processing} in work`).join("\n");
    this.#root.classList.remove("stale");
    this.#root.hidden = false;
  }
}
