// The sign-in panel: shown without a token or after it was refused, with the reason.

import { cleanToken } from "./session.js";

export class SignIn {
  #panel;
  #field;
  #reason;

  /** `signedIn(token)` is told a token that has a token's form. */
  constructor(panel, signedIn) {
    this.#panel = panel;
    this.#field = panel.querySelector("input");
    this.#reason = panel.querySelector("[data-part=reason]");
    panel.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const token = cleanToken(this.#field.value);
      if (!token) return this.#say("That is not a token. It has three parts with dots between them.");
      this.#field.value = "";
      signedIn(token);
    });
  }

  show(reason) {
    this.#panel.hidden = false;
    this.#say(reason);
    this.#field.focus();
  }

  hide() {
    this.#panel.hidden = true;
    this.#say("");
  }

  #say(text) {
    this.#reason.textContent = text;
    this.#reason.hidden = text === "";
    this.#field.setAttribute("aria-invalid", String(text !== ""));
  }
}
