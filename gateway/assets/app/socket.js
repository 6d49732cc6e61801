// The live connection: opens it, joins the rooms of this page and of its user, tells when it is lost and when the next try comes.
//
// Reconnecting is done here and not by socket.io's manager, so that the page can show the countdown and try at once
// when the network is back or somebody asks for it.

import { io } from "../vendor/socket.io.esm.min.js";

const EVENTS = ["upload.event", "processing.event", "completion.event"];
const REFUSALS = /^(Authentication required|Invalid token|Token expired|Authentication failed)/i;
const ANSWER_MS = 8000;
const DELAYS_MS = [1000, 2000, 4000, 8000, 15000];

export class LiveConnection {
  #socket;
  #on;
  #clientId;
  #timer = null;
  #attempt = 0;
  #retryAt = 0;
  #closed = true;
  #apartSince = performance.now();
  #awaited = new Set();

  /** Counts how often the client room was joined: what happened between two numbers may have been missed. */
  joins = 0;
  joined = false;

  /**
   * `on.state({ phase: "connecting" | "live" | "waiting" | "off", attempt, retryAt })`, `on.event(event)`,
   * `on.joined()` after each identify, `on.refused(text)` where the token is no good.
   */
  constructor({ token, clientId, on }) {
    this.#on = on;
    this.#clientId = clientId;
    this.#socket = io({
      autoConnect: false,
      reconnection: false,
      forceNew: true,
      timeout: ANSWER_MS,
      transports: ["websocket"],
      auth: (give) => give({ token: token() }),
    });
    this.#socket.on("connect", () => this.#join());
    this.#socket.on("connect_error", (error) => this.#lost(error.message));
    this.#socket.on("disconnect", () => this.#lost(""));
    this.#socket.on("resync", () => this.#join());
    for (const name of EVENTS) this.#socket.on(name, (event) => event?.photoId && this.#on.event(event));
    addEventListener("online", () => this.tryNow());
    addEventListener("offline", () => this.#showWait());
    document.addEventListener("visibilitychange", () => document.hidden || this.tryNow());
  }

  open() {
    this.#closed = false;
    this.#apartSince = performance.now();
    this.#attempt = 0;
    this.#connect();
  }

  close() {
    this.#closed = true;
    this.joined = false;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket.disconnect();
    this.#on.state({ phase: "off" });
  }

  /** Resolves when the room is joined, or when it has been out of reach for `patienceMs`. */
  joinedOrApartFor(patienceMs) {
    const left = this.#apartSince + patienceMs - performance.now();
    if (this.joined || left <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaited.add(resolve);
      setTimeout(resolve, left);
    });
  }

  /** Ends the wait for the next try. */
  tryNow() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#connect();
  }

  /** Sends a command; resolves to its answer, given as acknowledgement or as the event `reply`. */
  ask(command, payload, reply, fits = () => true) {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      // Without a connection socket.io would keep the command and send it to the next one.
      if (!socket.connected) return reject(new Error("disconnected"));
      const settle = (end, value) => {
        clearTimeout(timer);
        socket.off(reply, answered);
        socket.off("error", refused);
        socket.off("disconnect", dropped);
        end(value);
      };
      const answered = (answer) => fits(answer) && settle(resolve, answer);
      const refused = (problem) => settle(reject, Object.assign(new Error(problem?.message), { code: problem?.code }));
      const dropped = () => settle(reject, new Error("disconnected"));
      const acknowledged = (answer) => {
        if (answer?.code && answer?.message) refused(answer);
        else answered(answer);
      };
      const timer = setTimeout(() => settle(reject, new Error("no answer")), ANSWER_MS);
      socket.on(reply, answered);
      socket.on("error", refused);
      socket.on("disconnect", dropped);
      socket.emit(command, payload, acknowledged);
    });
  }

  /** Sends a command whose answer nobody waits for. */
  tell(command, payload) {
    if (this.#socket.connected) this.#socket.emit(command, payload);
  }

  #connect() {
    if (this.#closed) return;
    this.#on.state({ phase: "connecting", attempt: this.#attempt });
    this.#socket.connect();
  }

  async #join() {
    this.joined = false;
    try {
      await this.ask("identify", { clientId: this.#clientId }, "identified");
      // What other tabs of the same user change, and what becomes of photos that ended long ago.
      await this.ask("subscribe:user", {}, "subscribed", (answer) => answer?.room === "user");
    } catch {
      this.#socket.disconnect(); // a connection without its room is none; the disconnect plans the next try
      return;
    }
    this.#attempt = 0;
    this.joins += 1;
    this.joined = true;
    for (const resolve of this.#awaited) resolve();
    this.#awaited.clear();
    this.#on.state({ phase: "live" });
    this.#on.joined();
  }

  #lost(reason) {
    if (this.joined) this.#apartSince = performance.now();
    this.joined = false;
    if (this.#closed) return;
    if (REFUSALS.test(reason)) {
      this.close();
      this.#on.refused(reason);
      return;
    }
    if (this.#timer !== null) return;
    const delayMs = DELAYS_MS[Math.min(this.#attempt, DELAYS_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.tryNow(), delayMs);
    this.#retryAt = Date.now() + delayMs;
    this.#showWait();
  }

  #showWait() {
    if (this.#timer === null) return;
    this.#on.state({ phase: "waiting", attempt: this.#attempt, retryAt: this.#retryAt, offline: !navigator.onLine });
  }
}
