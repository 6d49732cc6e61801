// A card's pictures: tiles that tick while thumbnails are made and fill when they can be read, and the large preview.
// Those of an older generation stay until the first one of the newer is made.

import { isTerminal } from "./photo-state.js";
import { bytes } from "./words.js";

export class ThumbnailStrip {
  photoName = "";
  #photoId = null;
  #root;
  #picture;
  #thumbnails;
  #viewer;
  #lazy;
  #tiles = new Map(); // variant's name → element
  #version = null; // the generation whose pictures fill the tiles; null while they only tick
  #hasPreview = false; // of the file itself, or of this version

  /** With `lazy` the pictures are fetched when the card comes near the screen, otherwise when they can be read. */
  constructor({ root, picture, thumbnails, viewer, lazy }) {
    this.#root = root;
    this.#picture = picture;
    this.#thumbnails = thumbnails;
    this.#viewer = viewer;
    this.#lazy = lazy;
  }

  /** Shows the file itself. */
  placePreview(element) {
    this.#hasPreview = true;
    this.#placePicture(element);
  }

  #placePicture(element) {
    this.#picture.querySelector("canvas, img")?.remove();
    this.#picture.append(element);
  }

  show(photo) {
    this.#photoId = photo.id;
    const readable = isTerminal(photo.status) || photo.made.length === 0;
    const tiles = bySize((readable ? photo.variants : photo.made).filter(isThumbnail));
    const version = readable && tiles.length > 0 ? photo.variantsFrom : null;
    const known = this.#version === version;
    if (this.#version !== null && !known) this.#keepOnly([]); // pictures of another generation
    this.#version = version;
    this.#keepOnly(tiles);
    for (const [place, tile] of tiles.entries()) this.#place(this.#tile(tile), place);
    if (known || version === null) return;
    const load = () => this.#load(tiles, version);
    if (this.#lazy) this.#thumbnails.whenSeen(this.#root, load);
    else load();
  }

  #keepOnly(tiles) {
    const names = new Set(tiles.map((tile) => tile.name));
    for (const [name, element] of this.#tiles) {
      if (names.has(name)) continue;
      element.remove();
      this.#tiles.delete(name);
    }
  }

  #tile({ name, width, height }) {
    if (this.#tiles.has(name)) return this.#tiles.get(name);
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tile";
    button.disabled = true;
    button.setAttribute("aria-label", `Thumbnail ${name}, made`);
    const label = document.createElement("span");
    label.className = "tile-label";
    label.textContent = name;
    if (width && height) button.title = `${width} × ${height}`;
    button.append(label);
    item.append(button);
    this.#tiles.set(name, item);
    return item;
  }

  #place(item, place) {
    if (this.#root.children[place] !== item) this.#root.insertBefore(item, this.#root.children[place] ?? null);
  }

  async #load(tiles, version) {
    const loaded = await Promise.all(tiles.map((tile) => this.#fill(tile, version)));
    const largest = loaded.filter(Boolean).at(-1);
    if (largest && !this.#hasPreview && this.#version === version) this.#placePicture(pictureOf(largest.url, this.photoName));
  }

  async #fill(variant, version) {
    const item = this.#tiles.get(variant.name);
    if (this.#version !== version) return null; // a newer generation has the tiles by now
    const button = item.querySelector("button");
    item.classList.remove("missing");
    try {
      const { url, sizeBytes } = await this.#thumbnails.get(variant.url, version);
      const image = pictureOf(url, "");
      await image.decode();
      button.prepend(image);
      const facts = `${image.naturalWidth} × ${image.naturalHeight} · ${bytes(sizeBytes)}`;
      button.title = facts;
      button.setAttribute("aria-label", `Open thumbnail ${variant.name} of ${this.photoName}, ${facts}`);
      const picture = { url, name: variant.name, facts };
      button.onclick = () => this.#viewer.open({ photoId: this.#photoId, photoName: this.photoName, picture });
      button.disabled = false;
      item.classList.add("loaded");
      return { url };
    } catch {
      item.classList.add("missing");
      button.title = "This thumbnail could not be loaded. Press to try again.";
      button.setAttribute("aria-label", `Thumbnail ${variant.name} could not be loaded, try again`);
      button.onclick = () => this.#fill(variant, version);
      button.disabled = false;
      return null;
    }
  }
}

function pictureOf(url, alt) {
  const image = document.createElement("img");
  image.src = url;
  image.alt = alt;
  return image;
}

/** The smaller copy of the whole photo is none: it is shown among the photo's details. */
function isThumbnail({ name, role }) {
  return role ? role === "thumbnail" : name !== "optimized";
}

/** Smallest first; names that are not numbers and have no size come last. */
function bySize(tiles) {
  const size = ({ name, width }) => width ?? (Number(name) || Number.MAX_SAFE_INTEGER);
  return [...tiles].sort((a, b) => size(a) - size(b));
}
