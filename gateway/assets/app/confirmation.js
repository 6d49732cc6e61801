// Asks before something that can't be undone.

export class Confirmation {
  #dialog;
  #settle = () => {};

  constructor(dialog) {
    this.#dialog = dialog;
    const at = (part) => dialog.querySelector(`[data-part=${part}]`);
    at("yes").addEventListener("click", () => this.#end(true));
    at("no").addEventListener("click", () => this.#end(false));
    dialog.addEventListener("close", () => this.#settle(false)); // also by the Escape key
  }

  /** Resolves to whether the answer is yes. */
  ask(question) {
    this.#dialog.querySelector("[data-part=question]").textContent = question;
    this.#dialog.showModal();
    return new Promise((resolve) => (this.#settle = resolve));
  }

  #end(answer) {
    this.#settle(answer);
    this.#dialog.close();
  }
}
