import assert from "node:assert/strict";
import { test } from "node:test";
import { isTerminal, reduce, shownStatus, unknownPhoto } from "../../../gateway/assets/app/photo-state.js";

const RUN_1 = "01993000-0000-7000-8000-000000000001";
const RUN_2 = "01993000-0000-7000-8000-000000000002";

const view = (more) => ({ view: { generation: 1, seq: 1, status: "queued", variants: [], ...more } });
const snapshot = (more) => ({ snapshot: { generation: 1, seq: 1, status: "queued", variants: [], ...more } });
const event = (type, data, more) => ({ event: { type: `photo.${type}`, photoId: "p", generation: 1, data, ...more } });
const uploaded = (seq = 1) => event("uploaded", { fileName: "a.jpg", sizeBytes: 1 }, { seq });
const started = (run, seq) => event("processing.started", { delivery: 1 }, { run, seq });
const stage = (run, index, progressPercent, name = "thumbnails", state = "started") =>
  event(`processing.stage.${state}`, { stage: name, index, progressPercent }, { run });
const made = (run, index, variant) => event("thumbnail.generated", { index, variant, width: 150, height: 100 }, { run });
const completed = (seq, run = RUN_1) => event("processing.completed", { variants: ["150", "300"] }, { run, seq });
const failed = (seq, run, final, status = final ? "failed" : "queued") =>
  event("processing.failed", { status, final, failure: { code: "damaged", message: "the file ends early" } }, { run, seq });

const after = (...inputs) => inputs.reduce(reduce, unknownPhoto("p"));

test("a photo goes from queued through its stages to completed", () => {
  const inputs = [view(), uploaded(), started(RUN_1, 2), stage(RUN_1, 0, 10), made(RUN_1, 1, "150"), completed(3)];
  const seen = inputs.map((_, i) => after(...inputs.slice(0, i + 1)));
  assert.deepEqual(seen.map(shownStatus), ["queued", "queued", "processing", "processing", "processing", "completed"]);
  assert.deepEqual(seen.map((photo) => photo.progress), [0, 0, 0, 10, 10, 100]);
  assert.deepEqual(seen[4].made, [{ name: "150", width: 150, height: 100 }]);
});

test("a completed photo's variants have addresses and the sizes that thumbnail events told", () => {
  const photo = after(view(), started(RUN_1, 2), made(RUN_1, 0, "150"), completed(3));
  assert.deepEqual(photo.variants, [
    { name: "150", width: 150, height: 100, url: "/photos/p/variants/150" },
    { name: "300", url: "/photos/p/variants/300" },
  ]);
});

test("every order of the same events ends in the same state", () => {
  const inputs = [view(), uploaded(), started(RUN_1, 2), stage(RUN_1, 0, 10), completed(3)];
  for (const order of permutations(inputs)) {
    const photo = after(...order);
    assert.equal(photo.status, "completed");
    assert.equal(photo.progress, 100);
    assert.equal(photo.run, null);
    assert.equal(photo.seq, 3);
    assert.deepEqual(photo.variants.map((one) => one.name), ["150", "300"]);
  }
});

test("a repeated or older input changes nothing", () => {
  const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 3, 40));
  for (const late of [uploaded(), started(RUN_1, 2), stage(RUN_1, 3, 40), stage(RUN_1, 2, 30), snapshot({ seq: 1 })]) {
    assert.equal(reduce(photo, late), photo);
  }
});

test("a stage event before its run's start shows the photo as processing", () => {
  const photo = after(view(), stage(RUN_1, 0, 20));
  assert.equal(shownStatus(photo), "processing");
  const begun = reduce(photo, started(RUN_1, 2));
  assert.equal(begun.progress, 20);
  assert.equal(begun.run.index, 0);
});

test("stage events that overtook the upload's answer are not undone by it", () => {
  const photo = after(stage(RUN_1, 0, 20), view());
  assert.equal(shownStatus(photo), "processing");
  assert.equal(photo.progress, 20);
});

test("a newer run replaces the one before it, whose late events are dropped", () => {
  const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 4, 80), stage(RUN_2, 0, 5));
  assert.equal(photo.run.id, RUN_2);
  assert.equal(photo.progress, 5);
  assert.equal(reduce(photo, stage(RUN_1, 5, 90)), photo);
});

test("a run that was begun later wins even where a clock went back and its id sorts first", () => {
  const photo = after(view(), started(RUN_2, 2), stage(RUN_2, 0, 50), started(RUN_1, 3));
  assert.equal(photo.run.id, RUN_1);
  assert.equal(reduce(photo, stage(RUN_2, 1, 60)), photo);
  assert.equal(reduce(photo, stage(RUN_1, 0, 10)).progress, 10);
});

test("the late start of an older run does not end the run that is live", () => {
  const photo = after(view(), stage(RUN_2, 0, 30), started(RUN_1, 2));
  assert.equal(photo.run.id, RUN_2);
  assert.equal(photo.progress, 30);
  assert.equal(reduce(photo, stage(RUN_1, 9, 90)), photo);
});

test("a failed attempt that is not the last goes back to the queue and tells why", () => {
  const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 0, 50), failed(3, RUN_1, false));
  assert.equal(shownStatus(photo), "queued");
  assert.equal(photo.progress, 0);
  assert.equal(photo.setback.code, "damaged");
  assert.equal(photo.failure, null);
  assert.equal(reduce(photo, stage(RUN_1, 1, 60)), photo);
});

test("the last failure is terminal and keeps its reason", () => {
  const photo = after(view(), started(RUN_1, 2), failed(3, RUN_1, true));
  assert.ok(isTerminal(photo.status));
  assert.equal(photo.failure.message, "the file ends early");
  assert.equal(reduce(photo, stage(RUN_1, 1, 60)), photo);
});

test("a snapshot catches up on events that were missed", () => {
  const missed = after(view(), started(RUN_1, 2), stage(RUN_1, 0, 10));
  const photo = reduce(missed, snapshot({ seq: 3, status: "completed", variants: ["150", "300"] }));
  assert.equal(photo.status, "completed");
  assert.equal(photo.variants[1].url, "/photos/p/variants/300");
  assert.equal(reduce(photo, completed(3)), photo);
});

test("a snapshot that says queued again ends the run that began before it", () => {
  const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 0, 10), snapshot({ seq: 3 }));
  assert.equal(shownStatus(photo), "queued");
  assert.equal(reduce(photo, stage(RUN_1, 1, 20)), photo);
});

test("a snapshot's bare names do not take the sizes away that a view told", () => {
  const detail = { name: "150", width: 150, height: 100, sizeBytes: 9, url: "/photos/p/variants/150" };
  const photo = after(view({ seq: 3, status: "completed", variants: [detail] }));
  assert.deepEqual(reduce(photo, snapshot({ seq: 3, status: "completed", variants: ["150"] })).variants, [detail]);
});

test("a new generation begins anew, and the old one's events are dropped", () => {
  const again = { ...stage(RUN_2, 0, 15).event, generation: 2 };
  const photo = after(view(), started(RUN_1, 2), completed(3), { event: again });
  assert.equal(shownStatus(photo), "processing");
  assert.equal(photo.progress, 15);
  assert.equal(reduce(photo, stage(RUN_1, 9, 99)), photo);
});

test("a photo that is processed again waits, and keeps what it shows until the new outputs are there", () => {
  const queued = event("processing.queued", { priority: 5 }, { generation: 2, seq: 4 });
  const photo = after(view(), started(RUN_1, 2), completed(3), queued);
  assert.equal(shownStatus(photo), "queued");
  assert.equal(photo.generation, 2);
  assert.deepEqual(photo.variants.map((one) => one.name), ["150", "300"]);
  assert.equal(photo.variantsFrom, 1);
  const done = { event: { ...completed(6, RUN_2).event, generation: 2, data: { variants: ["200"] } } };
  const again = [queued, { event: { ...started(RUN_2, 5).event, generation: 2 } }, done].reduce(reduce, photo);
  assert.deepEqual(again.variants.map((one) => one.name), ["200"]);
  assert.equal(again.variantsFrom, 2);
});

test("the answer to a reprocess and its event are the same news, in either order", () => {
  const answer = view({ generation: 2, seq: 4, variants: [{ name: "150" }] });
  const queued = event("processing.queued", { priority: 5 }, { generation: 2, seq: 4 });
  const before = after(view(), started(RUN_1, 2), completed(3));
  const [one, other] = [[answer, queued], [queued, answer]].map((order) => order.reduce(reduce, before));
  assert.deepEqual([one.status, one.generation, one.seq], ["queued", 2, 4]);
  assert.deepEqual([other.status, other.generation, other.seq], ["queued", 2, 4]);
});

test("a cancelled photo has ended, and its run with it", () => {
  const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 0, 40), event("processing.cancelled", {}, { run: RUN_1, seq: 3 }));
  assert.ok(isTerminal(photo.status));
  assert.equal(shownStatus(photo), "cancelled");
  assert.equal(reduce(photo, stage(RUN_1, 1, 60)), photo);
});

test("nothing comes after a deletion", () => {
  for (const deletion of [event("deleted", {}, { seq: 4 }), { gone: true }]) {
    const photo = after(view(), started(RUN_1, 2), stage(RUN_1, 0, 40), deletion);
    assert.equal(photo.status, "deleted");
    for (const late of [deletion, completed(9), view({ generation: 3, seq: 9 }), stage(RUN_2, 0, 5)]) {
      assert.equal(reduce(photo, late), photo);
    }
  }
});

test("skipped stages are kept with their reasons until another run begins", () => {
  const skipped = (run, index, name) =>
    event("processing.stage.skipped", { stage: name, index, progressPercent: 50, reason: "The stage is disabled." }, { run });
  const photo = after(view(), started(RUN_1, 2), skipped(RUN_1, 0, "metadata"), skipped(RUN_1, 1, "optimization"), completed(3));
  assert.deepEqual(photo.skipped.map((one) => one.name), ["metadata", "optimization"]);
  assert.equal(photo.skipped[0].reason, "The stage is disabled.");
  const retried = after(view(), started(RUN_1, 2), skipped(RUN_1, 0, "metadata"), failed(3, RUN_1, false), started(RUN_2, 4));
  assert.deepEqual(retried.skipped, []);
});

test("progress never falls within a run and stays a percentage", () => {
  const photo = after(view(), stage(RUN_1, 0, 60), stage(RUN_1, 1, 40), stage(RUN_1, 2, 900));
  assert.equal(photo.progress, 100);
  assert.equal(after(view(), stage(RUN_1, 0, 60), stage(RUN_1, 1, 40)).progress, 60);
});

test("an event of a type that is not known is ignored", () => {
  const photo = after(view());
  assert.equal(reduce(photo, event("sold", {}, { seq: 9 })), photo);
});

function* permutations(list) {
  if (list.length < 2) yield list;
  for (const [i, one] of list.entries()) {
    for (const rest of permutations(list.toSpliced(i, 1))) yield [one, ...rest];
  }
}
