import assert from "node:assert/strict";
import { test } from "node:test";
import { PhotoActions, actionsFor } from "../../../gateway/assets/app/photo-actions.js";

const refusal = (status, message) => Object.assign(new Error(message), { status });

/** Actions whose API answers with `answers[method]`, an error where it is one; what was asked and told is kept. */
function bench({ answers = {}, yes = true } = {}) {
  const asked = [];
  const told = [];
  const answer = (method) => async (...given) => {
    asked.push([method, ...given]);
    if (answers[method] instanceof Error) throw answers[method];
    return answers[method];
  };
  const actions = new PhotoActions({
    api: { cancel: answer("cancel"), reprocess: answer("reprocess"), remove: answer("remove") },
    book: { take: (id, input) => told.push([id, input]) },
    viewer: { open: (what) => told.push(["viewer", what]) },
    confirm: async (question) => asked.push(["confirm", question]) && yes,
  });
  return { actions, asked, told };
}

test("an open photo can be cancelled, one that has ended processed again, a deleted one nothing", () => {
  for (const status of ["queued", "processing"]) assert.deepEqual(actionsFor({ status }), ["cancel", "details", "remove"]);
  for (const status of ["completed", "failed", "dead", "cancelled"]) {
    assert.deepEqual(actionsFor({ status }), ["reprocess", "details", "remove"]);
  }
  for (const photo of [null, { status: "deleting" }, { status: "deleted" }]) assert.deepEqual(actionsFor(photo), []);
});

test("what the server answers is known at once, without waiting for the event", async () => {
  const answers = { cancel: { status: "cancelled" }, reprocess: { status: "queued" } };
  const { actions, asked, told } = bench({ answers });
  assert.equal(await actions.cancel({ id: "p" }), "");
  assert.equal(await actions.reprocess({ id: "p", generation: 3 }), "");
  assert.deepEqual(asked, [["cancel", "p"], ["reprocess", "p", 3]]);
  assert.deepEqual(told, [["p", { view: answers.cancel }], ["p", { view: answers.reprocess }]]);
});

test("a refusal is told in a sentence", async () => {
  const { actions, told } = bench({ answers: { cancel: refusal(409, "this photo has ended already") } });
  assert.equal(await actions.cancel({ id: "p" }), "This photo has ended already.");
  assert.deepEqual(told, []);
});

test("nothing is deleted without a yes", async () => {
  const { actions, asked, told } = bench({ yes: false });
  assert.equal(await actions.remove({ id: "p" }, "cat.jpg"), "");
  assert.match(asked[0][1], /Delete cat\.jpg\?/);
  assert.equal(asked.length, 1);
  assert.deepEqual(told, []);
});

test("a photo that is gone already is gone", async () => {
  for (const answer of [undefined, refusal(404, "no such photo")]) {
    const { actions, told } = bench({ answers: { remove: answer } });
    assert.equal(await actions.remove({ id: "p" }, "cat.jpg"), "");
    assert.deepEqual(told, [["p", { gone: true }]]);
  }
  const { actions, told } = bench({ answers: { remove: refusal(503, "Try again in a moment.") } });
  assert.equal(await actions.remove({ id: "p" }, "cat.jpg"), "Try again in a moment.");
  assert.deepEqual(told, []);
});
