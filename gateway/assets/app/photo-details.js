// The words of a photo's details: what its file says, its smaller copy, and what was tried with it.

import { bytes, fullSentence, seconds, sentence, when } from "./words.js";

const OUTCOMES = new Map([
  ["completed", "Completed"],
  ["retried", "Failed, tried again"],
  ["deferred", "Put off, because a service was away"],
  ["failed", "Failed"],
  ["dead", "Failed for the last time"],
  ["lost", "Its worker went silent"],
  ["cancelled", "Cancelled"],
]);

/** Rows of [label, value] about the photo's file. */
export function fileRows({ width, height, contentType, sizeBytes, metadata }) {
  const rows = [["File", [contentType, bytes(sizeBytes)].join(", ")]];
  if (width && height) rows.push(["Size", `${width} × ${height} pixels`]);
  if (!metadata) return rows;
  const { colorSpace, colorProfile, bitsPerChannel, hasAlpha, exif, gps } = metadata;
  const alpha = hasAlpha ? ", with transparency" : "";
  rows.push(["Colours", `${colorSpace}, ${bitsPerChannel} bits per channel${alpha}`]);
  if (colorProfile) rows.push(["Colour profile", colorProfile]);
  if (gps) rows.push(["Place", placeWords(gps)]);
  return [...rows, ...Object.entries(exif ?? {})];
}

function placeWords({ latitude, longitude, altitudeMeters }) {
  const height = altitudeMeters === undefined ? "" : `, ${altitudeMeters} m above the sea`;
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}${height}`;
}

/** The smaller copy of the whole photo, as { url, words }; null where there is none. */
export function optimizedCopy({ variants }) {
  const copy = variants.find(({ role }) => role === "optimized");
  if (!copy) return null;
  return { url: copy.url, words: `Optimized copy: ${bytes(copy.sizeBytes)}, ${copy.ratioPercent} % of the original` };
}

/** The runs of a photo's log as { title, outcome, reason, stages }, oldest first. */
export function logRows({ runs }) {
  return runs.map((run) => ({
    title: `${run.generation > 1 ? `Round ${run.generation}, attempt` : "Attempt"} ${run.delivery} · ${run.pipeline} · ${when(run.begunAt)}`,
    outcome: outcomeWords(run),
    reason: run.failure ? fullSentence(run.failure.message) : "",
    stages: run.stages.map(stageRow),
  }));
}

function outcomeWords({ outcome, begunAt, endedAt }) {
  if (!outcome) return "Under way";
  const words = OUTCOMES.get(outcome) ?? sentence(outcome.replaceAll("_", " "));
  return outcome === "completed" ? `${words} in ${seconds(Math.max(0, Date.parse(endedAt) - Date.parse(begunAt)))}` : words;
}

function stageRow({ stage, status, milliseconds, error }) {
  const name = sentence(stage.replaceAll("-", " "));
  const took = status === "skipped" ? "skipped" : `${status === "failed" ? "failed after " : ""}${seconds(milliseconds)}`;
  return { status, words: `${name}: ${took}${error ? `. ${fullSentence(error)}` : ""}` };
}
