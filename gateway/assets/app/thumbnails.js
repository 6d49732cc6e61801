// Fetches variants with the token, a few at a time, and gives them to <img> elements as blob URLs.

const AT_ONCE = 4;
const ATTEMPTS = 4;
const RETRY_MS = 1500;

export class Thumbnails {
  #api;
  #seen;
  #waiting = [];
  #running = 0;
  #urls = new Map(); // variant's URL and version → promise of { url, sizeBytes }
  #onScreen = new WeakMap(); // element → task

  constructor(api) {
    this.#api = api;
    this.#seen = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: "300px" });
  }

  /** The variant as { url, sizeBytes }; each version is fetched once. */
  get(variantUrl, version = 0) {
    const key = `${variantUrl} ${version}`;
    if (!this.#urls.has(key)) {
      const fetched = new Promise((resolve, reject) => this.#waiting.push({ variantUrl, resolve, reject, attempt: 1 }));
      fetched.catch(() => this.#urls.delete(key));
      this.#urls.set(key, fetched);
      this.#pump();
    }
    return this.#urls.get(key);
  }

  /** Runs the task when the element comes near the screen. */
  whenSeen(element, task) {
    this.#onScreen.set(element, task);
    this.#seen.observe(element);
  }

  #look(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#seen.unobserve(target);
      this.#onScreen.get(target)?.();
    }
  }

  #pump() {
    while (this.#running < AT_ONCE && this.#waiting.length > 0) this.#fetch(this.#waiting.shift());
  }

  async #fetch(wish) {
    this.#running += 1;
    try {
      const blob = await this.#api.variant(wish.variantUrl);
      wish.resolve({ url: URL.createObjectURL(blob), sizeBytes: blob.size });
    } catch (error) {
      const passing = error.status === 0 || error.status >= 500 || error.status === 404;
      if (!passing || wish.attempt >= ATTEMPTS) wish.reject(error);
      else setTimeout(() => this.#again(wish), error.retryAfterMs ?? RETRY_MS * wish.attempt);
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }

  #again(wish) {
    wish.attempt += 1;
    this.#waiting.push(wish);
    this.#pump();
  }
}
