// What an owner does with a photo of the page: cancel it, have it processed again, delete it, look at its details.

import { isTerminal } from "./photo-state.js";
import { fullSentence } from "./words.js";

/** The actions that the photo offers now, in the order of their buttons. */
export function actionsFor(photo) {
  if (!photo || ["deleting", "deleted"].includes(photo.status)) return [];
  return [isTerminal(photo.status) ? "reprocess" : "cancel", "details", "remove"];
}

export class PhotoActions {
  #api;
  #book;
  #viewer;
  #confirm;

  /** `confirm(question)` resolves to whether the answer is yes. Each action resolves to what went wrong, "" if nothing. */
  constructor({ api, book, viewer, confirm }) {
    this.#api = api;
    this.#book = book;
    this.#viewer = viewer;
    this.#confirm = confirm;
  }

  cancel({ id }) {
    return this.#change(async () => this.#book.take(id, { view: await this.#api.cancel(id) }));
  }

  reprocess({ id, generation }) {
    return this.#change(async () => this.#book.take(id, { view: await this.#api.reprocess(id, generation) }));
  }

  async remove({ id }, name) {
    if (!(await this.#confirm(`Delete ${name}? The photo and everything made from it go, and can't be brought back.`))) return "";
    return this.#change(async () => {
      await this.#api.remove(id).catch((error) => {
        if (error.status !== 404) throw error; // it is gone already: by another tab, or by a try whose answer was lost
      });
      this.#book.take(id, { gone: true });
    });
  }

  async details({ id }, name) {
    this.#viewer.open({ photoId: id, photoName: name });
    return "";
  }

  async #change(act) {
    try {
      await act();
      return "";
    } catch (error) {
      return fullSentence(error.message);
    }
  }
}
