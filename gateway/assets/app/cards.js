// One card per photo: turns upload steps and photo states into what the card shows.

import { actionsFor } from "./photo-actions.js";
import { isTerminal, shownStatus } from "./photo-state.js";
import { ThumbnailStrip } from "./thumbnail-strip.js";
import { bytes, fullSentence, seconds, skippedWords, stageWords, statusWord, when } from "./words.js";

const ACTIONS = ["cancel", "reprocess", "details", "remove"];

export class Card {
  #parts = {};
  #strip;
  #begunAt = null;
  #shown = "";
  #countdown = null;
  #announce;
  #actions;
  #photo = null;

  /** `announce(text)` speaks to screen readers; `actions`, `again` and `dismiss` are the buttons' tasks. */
  constructor({ template, thumbnails, viewer, actions, announce, lazy = false, again = () => {}, dismiss = () => {} }) {
    this.element = template.content.firstElementChild.cloneNode(true);
    for (const part of this.element.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#announce = announce;
    this.#actions = actions;
    const { thumbs: root, picture } = this.#parts;
    this.#strip = new ThumbnailStrip({ root, picture, thumbnails, viewer, lazy });
    this.#parts.again.addEventListener("click", again);
    this.#parts.dismiss.addEventListener("click", dismiss);
    for (const name of ACTIONS) this.#parts[name].addEventListener("click", () => this.#act(name));
  }

  describe({ name, sizeBytes, addedAt = null }) {
    this.#parts.name.textContent = name;
    this.#parts.name.title = name;
    this.#parts.facts.textContent = [bytes(sizeBytes), addedAt ? when(addedAt) : ""].filter(Boolean).join(" · ");
    this.#parts.upload.setAttribute("aria-label", `Upload of ${name}`);
    this.#parts.work.setAttribute("aria-label", `Processing of ${name}`);
    this.#strip.photoName = name;
  }

  /** Shows the local preview; null where the browser can't decode the file. */
  preview(canvas) {
    if (!canvas) return;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "Preview");
    this.#strip.placePreview(canvas);
  }

  uploadProgress(share) {
    const percent = Math.round(share * 100);
    this.#parts.upload.value = percent;
    if (percent < 100) this.#say(`Uploading, ${percent} %`);
    else this.#say("Uploaded, waiting for the answer");
  }

  uploadStep({ step, reason, delayMs, status }) {
    clearInterval(this.#countdown);
    this.#phase(step === "refused" || step === "stopped" ? "refused" : step);
    this.#parts.again.hidden = step !== "stopped";
    this.#parts.dismiss.hidden = !["waiting", "retrying", "refused", "stopped"].includes(step);
    this.#reason(step === "sending" || step === "waiting" ? "" : reason);
    if (step === "waiting") this.#say("Waiting for its turn");
    if (step === "sending") this.#begin();
    if (step === "retrying") this.#countDown(status === 503 ? "The platform is busy" : "Upload interrupted", delayMs);
    if (step === "refused") this.#end("Not accepted", reason);
    if (step === "stopped") this.#end("Upload failed", reason);
  }

  /** Shows a photo state; called on every change. */
  show(photo) {
    clearInterval(this.#countdown);
    if (photo.generation > (this.#photo?.generation ?? photo.generation)) this.#begunAt = performance.now();
    this.#photo = photo;
    this.#offer(actionsFor(photo));
    const status = shownStatus(photo);
    this.element.dataset.photoId = photo.id;
    this.element.dataset.status = status;
    this.#phase(status);
    this.#parts.upload.value = 100;
    this.#parts.work.value = photo.progress;
    this.#parts.again.hidden = true;
    this.#parts.dismiss.hidden = true;
    const failure = photo.failure ?? (status === "queued" ? photo.setback : null);
    this.#reason(failure ? fullSentence(failure.message) : "");
    this.#strip.show(photo);
    this.#line(this.#parts.skipped, skippedWords(photo.skipped));
    if (isTerminal(status)) this.#end(this.#ending(photo), failure?.message);
    else this.#say(this.#going(photo, status));
  }

  async #act(name) {
    this.#line(this.#parts.notice, "");
    this.#busy(true);
    const refused = await this.#actions[name](this.#photo, this.#parts.name.textContent);
    this.#busy(false);
    this.#line(this.#parts.notice, refused);
  }

  #offer(names) {
    for (const name of ACTIONS) this.#parts[name].hidden = !names.includes(name);
  }

  #busy(busy) {
    for (const name of ACTIONS) this.#parts[name].disabled = busy;
  }

  #going(photo, status) {
    if (status === "processing") return photo.stage ? stageWords(photo.stage) : "A worker has begun";
    if (status === "queued" && photo.setback) return "Waiting for another attempt";
    return statusWord(status);
  }

  #ending(photo) {
    const taken = this.#begunAt === null ? "" : ` in ${seconds(performance.now() - this.#begunAt)}`;
    return photo.status === "completed" ? `Completed${taken}` : statusWord(photo.status);
  }

  #begin() {
    this.#begunAt ??= performance.now();
    this.#parts.upload.value = 0;
    this.#say("Uploading");
  }

  #end(words, reason) {
    if (this.#shown === words) return;
    if (this.element.dataset.ended === "yes") return;
    this.element.dataset.ended = "yes";
    this.#say(words);
    this.#announce(`${this.#parts.name.textContent}: ${words}. ${reason ?? ""}`);
  }

  #phase(phase) {
    this.element.dataset.phase = phase;
    if (!["completed", "failed", "dead", "cancelled", "refused"].includes(phase)) this.element.dataset.ended = "no";
  }

  #say(words) {
    if (this.#shown === words) return;
    this.#shown = words;
    this.#parts.state.textContent = words;
  }

  #reason(text) {
    this.#line(this.#parts.reason, text);
  }

  #line(part, text) {
    part.hidden = !text;
    part.textContent = text ?? "";
  }

  #countDown(why, delayMs) {
    const at = Date.now() + delayMs;
    const write = () => {
      const left = Math.ceil((at - Date.now()) / 1000);
      this.#say(left > 0 ? `${why}, next try in ${left} s` : `${why}, trying again`);
    };
    write();
    this.#countdown = setInterval(write, 500);
  }
}
