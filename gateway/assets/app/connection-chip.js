// Shows how the live connection is; while a try is awaited it counts down and, pressed, tries at once.

export class ConnectionChip {
  #button;
  #text;
  #timer = null;

  constructor(button, tryNow) {
    this.#button = button;
    this.#text = button.querySelector(".chip-text");
    button.addEventListener("click", tryNow);
  }

  show(state) {
    clearInterval(this.#timer);
    this.#button.hidden = state.phase === "off";
    this.#button.dataset.phase = state.phase === "waiting" && state.offline ? "offline" : state.phase;
    this.#button.disabled = state.phase !== "waiting";
    const write = () => {
      this.#text.textContent = words(state);
    };
    write();
    if (state.phase === "waiting") this.#timer = setInterval(write, 500);
  }
}

function words({ phase, attempt = 0, retryAt = 0, offline = false }) {
  if (phase === "live") return "Live";
  if (phase === "connecting") return attempt > 0 ? `Reconnecting, attempt ${attempt}…` : "Connecting…";
  const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  const wait = left > 0 ? `in ${left} s` : "now";
  return offline ? `Offline, next try ${wait}` : `Reconnecting, attempt ${attempt} ${wait}`;
}
