// The photos that were uploaded before this page was opened, in pages, newest first.

import { Card } from "./cards.js";
import { isTerminal } from "./photo-state.js";

const PAGE = 24;

export class EarlierPhotos {
  #page;
  #section;
  #list;
  #more;
  #note;
  #cards = new Map(); // photo id → card
  #last = null;
  #loading = false;

  constructor(page, section) {
    this.#page = page;
    this.#section = section;
    this.#list = section.querySelector("ul");
    this.#more = section.querySelector("[data-part=more]");
    this.#note = section.querySelector("[data-part=note]");
    this.#more.addEventListener("click", () => this.load());
  }

  /** Loads the next page. */
  async load() {
    if (this.#loading) return;
    this.#loading = true;
    this.#more.disabled = true;
    this.#section.setAttribute("aria-busy", "true");
    try {
      const { photos, hasMore } = await this.#page.api.photos({ limit: PAGE, after: this.#last });
      for (const view of photos) this.#add(view);
      this.#last = photos.at(-1)?.id ?? this.#last;
      this.#show({ hasMore, note: "", more: "Show more" });
    } catch (error) {
      this.#show({ hasMore: true, note: `Earlier photos could not be loaded. ${error.message}`, more: "Try again" });
    } finally {
      this.#loading = false;
      this.#more.disabled = false;
      this.#section.setAttribute("aria-busy", "false");
    }
  }

  /** The photo has a card of this visit, or is deleted: the one here goes. */
  drop(id) {
    this.#cards.get(id)?.element.remove();
    this.#cards.delete(id);
    this.#section.hidden = this.#cards.size === 0 && this.#note.hidden;
  }

  #add(view) {
    const { book, rooms, cardParts, changed } = this.#page;
    if (book.has(view.id)) return;
    const card = new Card({ ...cardParts, lazy: true, announce: isTerminal(view.status) ? () => {} : cardParts.announce });
    card.describe({ name: view.fileName, sizeBytes: view.sizeBytes, addedAt: view.createdAt });
    this.#cards.set(view.id, card);
    this.#list.append(card.element);
    book.adopt(view, (photo) => {
      if (photo.status === "deleted") return this.#deleted(photo.id);
      card.show(photo);
      changed();
      if (isTerminal(photo.status)) rooms.leave(photo.id);
    });
    if (!isTerminal(view.status)) rooms.follow(view.id);
  }

  #deleted(id) {
    const { book, rooms, changed } = this.#page;
    book.forget(id);
    rooms.leave(id);
    this.drop(id);
    changed();
  }

  #show({ hasMore, note, more }) {
    this.#note.textContent = note;
    this.#note.hidden = note === "";
    this.#more.hidden = !hasMore;
    this.#more.textContent = more;
    this.#section.hidden = this.#cards.size === 0 && note === "";
  }
}
