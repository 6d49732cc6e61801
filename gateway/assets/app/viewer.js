// The dialog that shows one variant in full, and below it the details of its photo.

import { fileRows, logRows, optimizedCopy } from "./photo-details.js";

export class Viewer {
  #dialog;
  #api;
  #thumbnails;
  #shown = null; // the photo's id, while the dialog is open

  constructor(dialog, { api, thumbnails }) {
    this.#dialog = dialog;
    this.#api = api;
    this.#thumbnails = thumbnails;
    this.#at("close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => (this.#shown = null));
  }

  /** Without `picture` ({ url, name, facts }) the details are all there is to see. */
  open({ photoId, photoName, picture = null }) {
    this.#shown = photoId;
    this.#at("title").textContent = photoName;
    this.#picture(photoName, picture);
    this.#dialog.showModal();
    this.#details(photoId, photoName);
  }

  #picture(photoName, picture) {
    const [image, download] = [this.#at("picture"), this.#at("download")];
    image.hidden = download.hidden = !picture;
    this.#at("facts").textContent = picture ? `${picture.name} · ${picture.facts}` : "";
    if (!picture) return image.removeAttribute("src");
    image.src = picture.url;
    image.alt = `${photoName}, ${picture.name}`;
    download.href = picture.url;
    download.download = `${photoName.replace(/\.[^.]*$/, "")}-${picture.name}`;
  }

  async #details(photoId, photoName) {
    this.#at("copy").hidden = true;
    this.#at("file").replaceChildren();
    this.#at("log").replaceChildren();
    this.#note("Loading the details…");
    try {
      const [view, log] = await Promise.all([this.#api.photo(photoId), this.#api.log(photoId)]);
      if (this.#shown !== photoId) return; // another photo, or none, by now
      this.#file(view);
      this.#copy(optimizedCopy(view), photoName, view.generation);
      this.#log(logRows(log));
    } catch (error) {
      if (this.#shown === photoId) this.#note(`The details could not be loaded. ${error.message}`);
    }
  }

  #file(view) {
    const row = ([label, value]) => {
      const pair = document.createElement("div");
      pair.append(element("dt", label), element("dd", value));
      return pair;
    };
    this.#at("file").replaceChildren(...fileRows(view).map(row));
  }

  #copy(copy, photoName, version) {
    this.#at("copy").hidden = !copy;
    if (!copy) return;
    this.#at("copy-words").textContent = copy.words;
    this.#at("copy-show").onclick = async () => {
      try {
        const { url } = await this.#thumbnails.get(copy.url, version);
        this.#picture(photoName, { url, name: "smaller copy", facts: copy.words });
      } catch (error) {
        this.#note(`The smaller copy could not be loaded. ${error.message}`);
      }
    };
  }

  #log(rows) {
    this.#note(rows.length === 0 ? "No worker has begun yet." : "");
    const stage = ({ status, words }) => Object.assign(element("li", words), { className: status });
    const run = ({ title, outcome, reason, stages }) => {
      const item = document.createElement("li");
      const list = document.createElement("ul");
      list.append(...stages.map(stage));
      item.append(element("h4", title), element("p", [outcome, reason].filter(Boolean).join(". ")), list);
      return item;
    };
    this.#at("log").replaceChildren(...rows.map(run));
  }

  #note(text) {
    this.#at("note").textContent = text;
    this.#at("note").hidden = text === "";
  }

  #at(part) {
    return this.#dialog.querySelector(`[data-part=${part}]`);
  }
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}
