// The dialog that shows one variant in full.

export class Viewer {
  #dialog;

  constructor(dialog) {
    this.#dialog = dialog;
    dialog.querySelector("[data-part=close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open({ url, photoName, name, facts }) {
    const image = this.#dialog.querySelector("img");
    image.src = url;
    image.alt = `${photoName}, thumbnail ${name}`;
    this.#dialog.querySelector("[data-part=title]").textContent = photoName;
    this.#dialog.querySelector("[data-part=facts]").textContent = `${name} · ${facts}`;
    const download = this.#dialog.querySelector("[data-part=download]");
    download.href = url;
    download.download = `${photoName.replace(/\.[^.]*$/, "")}-${name}`;
    this.#dialog.showModal();
  }
}
