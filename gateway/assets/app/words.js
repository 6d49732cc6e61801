// Words and numbers as the page shows them.

const STAGES = new Map([
  ["validation", { started: "Checking the photo", completed: "Photo checked" }],
  ["thumbnails", { started: "Making thumbnails", completed: "Thumbnails made" }],
  ["metadata", { started: "Reading what the file says", completed: "File read" }],
  ["optimization", { started: "Making an optimized copy", completed: "Optimized copy made" }],
]);

const STATUSES = new Map([
  ["uploading", "Uploading"],
  ["queued", "In the queue"],
  ["processing", "Processing"],
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["dead", "Given up"],
  ["cancelled", "Cancelled"],
  ["deleting", "Being deleted"],
  ["deleted", "Deleted"],
]);

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  return `${(count / 1_000_000).toFixed(count < 9_950_000 ? 1 : 0)} MB`;
}

export function statusWord(status) {
  return STATUSES.get(status) ?? sentence(String(status).replaceAll("_", " "));
}

/** What a stage does, for `{ name, state }`; a name that is not known here is shown as it is. */
export function stageWords({ name, state }) {
  const known = STAGES.get(name)?.[state];
  if (known) return known;
  const plain = sentence(String(name).replaceAll("-", " "));
  return state === "started" ? plain : `${plain}: ${state === "completed" ? "done" : "failed"}`;
}

/** With a capital letter at its start and a full stop at its end. */
export function fullSentence(text) {
  const trimmed = sentence(String(text).trim());
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Seconds, or milliseconds where that says more. */
export function seconds(milliseconds) {
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  const value = milliseconds / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

export function count(number) {
  return Number.isFinite(number) ? number.toLocaleString("en") : "–";
}

export function photos(number) {
  return number === 1 ? "1 photo" : `${count(number)} photos`;
}

/** Day and time, shorter the nearer it is. */
export function when(iso, now = new Date()) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const time = date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  if (date.toDateString() === now.toDateString()) return `today ${time}`;
  return date.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

/** With a capital letter at its start. */
export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the stages that did not run are called, with why; "" where all of them did. */
export function skippedWords(skipped) {
  return skipped.map(({ name, reason }) => `${sentence(name.replaceAll("-", " "))} skipped: ${fullSentence(reason)}`).join(" ");
}
