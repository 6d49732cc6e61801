// The photos of this visit: a card and a queue item for each chosen file, and its photo once the server knows it.

import { Card } from "./cards.js";
import { isTerminal } from "./photo-state.js";
import { previewOf } from "./preview.js";
import { randomName } from "./session.js";
import { UploadQueue } from "./upload-queue.js";
import { photos } from "./words.js";

const PATIENCE_MS = 10_000;

export class Uploads {
  #page;
  #queue;
  #section;
  #list;
  #summary;
  #steps = new Map(); // card → its last step or status

  /** `page` is what main.js ties together: { api, book, rooms, live, clientId, cardParts, changed, known }. */
  constructor(page, section) {
    this.#page = page;
    this.#section = section;
    this.#list = section.querySelector("ul");
    this.#summary = section.querySelector("[data-part=summary]");
    // Live events come to the client's room, so it is joined before anything is sent. Where the events role stays
    // away, uploads go on without it: each photo's room answers with a snapshot later.
    this.#queue = new UploadQueue({ ready: () => page.live.joinedOrApartFor(PATIENCE_MS) });
  }

  add(files) {
    const items = files.map((file) => this.#item(file));
    const fresh = document.createDocumentFragment();
    for (const item of items) fresh.append(item.card.element);
    this.#list.prepend(fresh);
    this.#section.hidden = false;
    this.#queue.add(items);
  }

  pause() {
    this.#queue.pause();
  }

  resume() {
    this.#queue.resume();
  }

  #item(file) {
    const item = { file, key: randomName(), abort: new AbortController() };
    item.card = new Card({
      ...this.#page.cardParts,
      again: () => this.#queue.add([item]),
      dismiss: () => this.#dismiss(item),
    });
    item.card.describe({ name: file.name || "Pasted photo", sizeBytes: file.size });
    item.report = (step) => this.#report(item, step);
    item.send = () => this.#send(item);
    previewOf(file).then((canvas) => item.card.preview(canvas));
    return item;
  }

  #send(item) {
    const { api, live, clientId } = this.#page;
    item.joins = live.joined ? live.joins : -1;
    const progress = (share) => item.card.uploadProgress(share);
    return api.upload(item.file, { clientId, key: item.key, progress, signal: item.abort.signal });
  }

  #report(item, step) {
    if (step.step === "accepted") return this.#accepted(item, step.view);
    item.card.uploadStep(step);
    this.#note(item.card, step.step);
  }

  #accepted(item, view) {
    const { book, rooms, live, known } = this.#page;
    known(view.id);
    book.adopt(view, (photo) => {
      if (photo.status === "deleted") return this.#deleted(item, photo.id);
      item.card.show(photo);
      this.#note(item.card, photo.status);
      if (isTerminal(photo.status)) rooms.leave(photo.id);
    });
    // Not in the room all the while: an event may have been missed, the photo's room answers how far it is.
    const missed = !live.joined || item.joins !== live.joins;
    if (missed && !isTerminal(view.status)) rooms.follow(view.id);
  }

  #deleted(item, id) {
    this.#page.book.forget(id);
    this.#page.rooms.leave(id);
    this.#takeOut(item);
    this.#page.changed();
  }

  #dismiss(item) {
    this.#queue.remove(item);
    item.abort.abort();
    this.#takeOut(item);
  }

  #takeOut(item) {
    item.card.element.remove();
    this.#steps.delete(item.card);
    this.#section.hidden = this.#steps.size === 0;
    this.#summarize();
  }

  #note(card, step) {
    this.#steps.set(card, step);
    this.#summarize();
    this.#page.changed();
  }

  /** Whether a file is not yet with the server. */
  get sending() {
    return [...this.#steps.values()].some((step) => ["waiting", "sending", "retrying"].includes(step));
  }

  /** Whether a photo of this visit is not at its end. */
  get active() {
    return [...this.#steps.values()].some((step) => !isOver(step));
  }

  #summarize() {
    const steps = [...this.#steps.values()];
    const done = steps.filter((step) => step === "completed").length;
    const bad = steps.filter((step) => isOver(step) && step !== "completed").length;
    const failed = bad > 0 ? ` · ${bad} without result` : "";
    this.#summary.textContent = steps.length === 0 ? "" : `${done} of ${photos(steps.length)} completed${failed}`;
  }
}

function isOver(step) {
  return isTerminal(step) || step === "refused" || step === "stopped";
}
