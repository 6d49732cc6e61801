// Which photos' rooms this socket is in. One command at a time with a pause, and fewer rooms than a socket may have.

const ROOMS_MAX = 120; // the server allows 128; the client's own room and the user's take some
const PAUSE_MS = 60; // the server takes about 20 commands a second
const RETRY_MS = 3000;
const PASSING = new Set(["unavailable", "rate_limited"]);

export class PhotoRooms {
  #ask;
  #tell;
  #snapshot;
  #missing;
  #pauseMs;
  #wanted = new Set();
  #joined = new Set();
  #leaving = new Set();
  #open = false;
  #pumping = false;

  /**
   * `ask` and `tell` are LiveConnection's; `snapshot(id, snapshot)` is told what each subscription answers, and
   * `missing(id)` where the photo is not there any more.
   */
  constructor({ ask, tell, snapshot, missing = () => {}, pauseMs = PAUSE_MS }) {
    this.#ask = ask;
    this.#tell = tell;
    this.#snapshot = snapshot;
    this.#missing = missing;
    this.#pauseMs = pauseMs;
  }

  /** The connection is new, or events were missed: every wanted photo is asked for again. */
  restart() {
    this.#open = true;
    this.#joined.clear();
    this.#leaving.clear();
    this.#pump();
  }

  /** The connection is gone, and its rooms with it. */
  stop() {
    this.#open = false;
  }

  follow(id) {
    this.#wanted.add(id);
    this.#pump();
  }

  leave(id) {
    this.#wanted.delete(id);
    if (this.#joined.delete(id)) this.#leaving.add(id);
    this.#pump();
  }

  async #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#open) {
      const step = this.#next();
      if (!step) break;
      await step();
      await new Promise((resume) => setTimeout(resume, this.#pauseMs));
    }
    this.#pumping = false;
  }

  #next() {
    const [left] = this.#leaving;
    if (left) {
      this.#leaving.delete(left);
      return () => this.#tell("unsubscribe:photo", { photoId: left });
    }
    if (this.#joined.size >= ROOMS_MAX) return null;
    const id = [...this.#wanted].find((one) => !this.#joined.has(one));
    return id ? () => this.#subscribe(id) : null;
  }

  async #subscribe(id) {
    try {
      const answer = await this.#ask("subscribe:photo", { photoId: id }, "subscribed", (one) => one?.photoId === id);
      if (this.#wanted.has(id)) this.#joined.add(id);
      else this.#leaving.add(id);
      if (answer.snapshot) this.#snapshot(id, answer.snapshot);
    } catch (error) {
      const refused = error.code && !PASSING.has(error.code);
      if (error.code === "not_found") this.#missing(id);
      if (refused) this.#wanted.delete(id);
      else await new Promise((resume) => setTimeout(resume, RETRY_MS));
    }
  }
}
