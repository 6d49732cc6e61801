// What the page knows of one photo, as a pure function: (photo, input) → photo.
//
// Inputs are views (the upload's answer, the list), snapshots and events. They may arrive late, twice or in another
// order, so each is dropped where something newer is known: facts are ordered by (generation, seq), stage events by
// (generation, start of the run, index). An input that changes nothing returns the same object.

const TERMINAL = new Set(["completed", "failed", "dead", "cancelled", "deleting", "deleted"]);
const FENCED_MAX = 16;

export function isTerminal(status) {
  return TERMINAL.has(status);
}

/** A photo of which only the id is known. */
export function unknownPhoto(id) {
  return {
    id,
    status: "queued",
    generation: 0,
    seq: -1,
    run: null, // { id, startSeq: number | null, index } of the newest run that is known
    fenced: [], // ids of runs that are over: their late events are dropped
    progress: 0,
    stage: null, // { name, state: "started" | "completed" | "failed" }
    made: [], // thumbnails of the live run: { name, width, height }
    skipped: [], // stages of the newest run that did not run: { name, reason }
    variants: [], // outputs that can be read: { name, width?, height?, sizeBytes?, url }
    variantsFrom: 0, // the generation that made them; 0 where it is not known
    failure: null,
    setback: null, // why the attempt before this one failed
  };
}

/** The status to show: a stage event can be here before the event that says that its run has begun. */
export function shownStatus(photo) {
  return !isTerminal(photo.status) && photo.run ? "processing" : photo.status;
}

/** `input` is { view }, { snapshot }, { event } or { gone }. */
export function reduce(photo, input) {
  if (photo.status === "deleted") return photo; // nothing comes after it
  if (input.view) return withFacts(photo, input.view);
  if (input.snapshot) return withFacts(photo, input.snapshot);
  if (input.gone) return gone(photo);
  return withEvent(photo, input.event);
}

function withEvent(photo, event) {
  const data = event.data ?? {};
  const facts = { generation: event.generation, seq: event.seq };
  switch (event.type) {
    case "photo.uploaded":
      return withNews(photo, { ...facts, status: "queued" });
    case "photo.deleted":
      return gone(photo);
    case "photo.processing.queued":
      return withNews(photo, { ...facts, status: "queued" });
    case "photo.processing.started":
      return withStartedRun(photo, event);
    case "photo.processing.completed":
      return withNews(photo, { ...facts, status: "completed", variants: data.variants });
    case "photo.processing.failed":
      return withFailedRun(photo, event);
    case "photo.processing.cancelled":
      return withNews(photo, { ...facts, status: "cancelled" });
    case "photo.processing.stage.started":
      return withStage(photo, event, { ...stageStep(photo, event, "started") });
    case "photo.processing.stage.completed":
      return withStage(photo, event, { ...stageStep(photo, event, "completed") });
    case "photo.processing.stage.failed":
      return withStage(photo, event, { stage: { name: data.stage, state: "failed" } });
    case "photo.processing.stage.skipped":
      return withStage(photo, event, { skipped: { name: data.stage, reason: data.reason }, progress: clampPercent(data.progressPercent) });
    case "photo.thumbnail.generated":
      return withStage(photo, event, { thumbnail: { name: data.variant, width: data.width, height: data.height } });
    default:
      return photo; // a type of a newer server
  }
}

function gone(photo) {
  return { ...withoutRun(photo), status: "deleted" };
}

/** A state event is news only once: unlike a view it brings no detail when it is repeated. */
function withNews(photo, facts) {
  return compareFacts(facts, photo) > 0 ? withFacts(photo, facts) : photo;
}

function withFacts(photo, facts) {
  if (compareFacts(facts, photo) < 0) return photo;
  let next = inGeneration(photo, facts.generation);
  // Queued again after a run that is known to have begun earlier: that run is over.
  const startSeq = next.run?.startSeq ?? null;
  if (facts.status === "queued" && startSeq !== null && facts.seq > startSeq) next = withoutRun(next);
  if (isTerminal(facts.status)) next = withoutRun(next);
  const variants = facts.variants ? readable(facts.variants, photo) : next.variants;
  return {
    ...next,
    status: facts.status,
    seq: facts.seq,
    variants,
    variantsFrom: facts.status === "completed" ? facts.generation : next.variantsFrom,
    failure: facts.failure ?? null,
    setback: isTerminal(facts.status) ? null : next.setback,
    progress: facts.status === "completed" ? 100 : next.progress,
  };
}

function withStartedRun(photo, event) {
  if (compareFacts(event, photo) <= 0) return photo;
  const base = { ...inGeneration(photo, event.generation), status: "processing", seq: event.seq, failure: null };
  if (base.run?.id === event.run) return { ...base, run: { ...base.run, startSeq: event.seq } };
  // The live run was met through its stage events, and ids of runs sort by their start: this start is an older one's.
  if (base.run && base.run.startSeq === null && base.run.id > event.run) return fence(base, event.run);
  return { ...withoutRun(base), skipped: [], run: { id: event.run, startSeq: event.seq, index: -1 } };
}

function withFailedRun(photo, event) {
  if (compareFacts(event, photo) <= 0) return photo;
  const { status, failure, final } = event.data;
  if (final) return withFacts(photo, { generation: event.generation, seq: event.seq, status, failure });
  const base = { ...inGeneration(photo, event.generation), status, seq: event.seq, setback: failure };
  const over = !base.run || base.run.id === event.run || base.run.startSeq !== null;
  return over ? fence(withoutRun(base), event.run) : fence(base, event.run);
}

function withStage(photo, event, step) {
  if (event.generation < photo.generation) return photo;
  if (event.generation === photo.generation && isTerminal(photo.status)) return photo;
  const base = inRun(inGeneration(photo, event.generation), event.run);
  if (!base || event.data.index <= base.run.index) return photo;
  const { thumbnail, skipped, ...rest } = step;
  const made = thumbnail ? [...base.made.filter((one) => one.name !== thumbnail.name), thumbnail] : base.made;
  const passed = skipped ? [...base.skipped.filter((one) => one.name !== skipped.name), skipped] : base.skipped;
  const progress = Math.max(base.progress, rest.progress ?? 0);
  return { ...base, ...rest, made, skipped: passed, progress, run: { ...base.run, index: event.data.index } };
}

function stageStep(photo, event, state) {
  const { stage, progressPercent } = event.data;
  return { stage: { name: stage, state }, progress: clampPercent(progressPercent) };
}

/** The photo in that run, or null where the run is over or older than the live one. */
function inRun(photo, run) {
  if (photo.fenced.includes(run)) return null;
  if (photo.run?.id === run) return photo;
  if (photo.run && photo.run.id > run) return null;
  return { ...withoutRun(photo), skipped: [], run: { id: run, startSeq: null, index: -1 } };
}

function inGeneration(photo, generation) {
  if (generation <= photo.generation) return photo;
  const fresh = { run: null, fenced: [], progress: 0, stage: null, made: [], skipped: [], failure: null, setback: null };
  return { ...photo, ...fresh, generation, status: "queued" };
}

function withoutRun(photo) {
  if (!photo.run) return photo;
  return { ...fence(photo, photo.run.id), run: null, progress: 0, stage: null, made: [] };
}

function fence(photo, run) {
  if (!run || photo.fenced.includes(run)) return photo;
  return { ...photo, fenced: [...photo.fenced, run].slice(-FENCED_MAX) };
}

function compareFacts(facts, photo) {
  return facts.generation - photo.generation || facts.seq - photo.seq;
}

/** Outputs by name; a snapshot and a completion name them only, so what is known of them already is kept. */
function readable(variants, photo) {
  return variants.map((given) => {
    const name = typeof given === "string" ? given : given.name;
    const known = [...photo.variants, ...photo.made].find((one) => one.name === name);
    const url = `/photos/${encodeURIComponent(photo.id)}/variants/${encodeURIComponent(name)}`;
    return { ...known, ...(typeof given === "string" ? {} : given), name, url };
  });
}

function clampPercent(value) {
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : 0;
}
