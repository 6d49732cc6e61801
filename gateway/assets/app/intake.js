// The ways in which photos come to the page: dropped anywhere, chosen, pasted. Gives on lists of files.

export class Intake {
  #take;
  #say;

  /** `take(files)` gets what was given; `say(text)` shows a hint, empty to clear it. */
  constructor({ zone, input, take, say }) {
    this.#take = take;
    this.#say = say;
    input.addEventListener("change", () => {
      this.#give([...input.files]);
      input.value = ""; // so that the same file can be chosen again
    });
    this.#listenToDrops(zone);
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) this.#give(files);
    });
  }

  #listenToDrops(zone) {
    let depth = 0;
    const mark = (change) => {
      depth = Math.max(0, depth + change);
      zone.classList.toggle("over", depth > 0);
    };
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
    addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
    addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      mark(-depth);
      this.#dropped(event.dataTransfer);
    });
  }

  #dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = [...transfer.files].filter((_, index) => !entries[index]?.isDirectory);
    this.#give(files);
    if (files.length < transfer.files.length) this.#say("Folders can't be dropped: open the folder and drop its photos.");
  }

  #give(files) {
    this.#say("");
    if (files.length > 0) this.#take(files);
  }
}
