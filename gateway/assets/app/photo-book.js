// The photos that the page shows, by id, and the events that arrived before their photo was known.
//
// An event can overtake the upload's answer that carries the photo's id. It waits here, in bounded space.

import { reduce, unknownPhoto } from "./photo-state.js";

const WAITING_PHOTOS_MAX = 512;
const WAITING_INPUTS_MAX = 64;

export class PhotoBook {
  #entries = new Map(); // photo id → { photo, changed }
  #waiting = new Map(); // photo id → inputs

  /** Knows the photo from now on; `changed(photo)` is called now and on every change. */
  adopt(view, changed) {
    const inputs = [{ view }, ...(this.#waiting.get(view.id) ?? [])];
    this.#waiting.delete(view.id);
    const photo = inputs.reduce(reduce, unknownPhoto(view.id));
    this.#entries.set(view.id, { photo, changed });
    changed(photo);
    return photo;
  }

  /** Takes an input for a photo, known or not. */
  take(id, input) {
    const entry = this.#entries.get(id);
    if (!entry) return this.#keep(id, input);
    const photo = reduce(entry.photo, input);
    if (photo === entry.photo) return;
    entry.photo = photo;
    entry.changed(photo);
  }

  has(id) {
    return this.#entries.has(id);
  }

  forget(id) {
    this.#entries.delete(id);
  }

  photos() {
    return [...this.#entries.values()].map((entry) => entry.photo);
  }

  #keep(id, input) {
    const inputs = this.#waiting.get(id) ?? [];
    if (inputs.length < WAITING_INPUTS_MAX) inputs.push(input);
    this.#waiting.delete(id); // to the end of the map: the photo that was quiet longest goes first
    this.#waiting.set(id, inputs);
    if (this.#waiting.size > WAITING_PHOTOS_MAX) this.#waiting.delete(this.#waiting.keys().next().value);
  }
}
