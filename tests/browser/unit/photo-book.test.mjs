import assert from "node:assert/strict";
import { test } from "node:test";
import { PhotoBook } from "../../../gateway/assets/app/photo-book.js";

const view = { id: "p", generation: 1, seq: 1, status: "queued", variants: [] };
const completed = (photoId, seq = 2) => ({
  event: { type: "photo.processing.completed", photoId, generation: 1, seq, data: { variants: ["150"] } },
});

test("an event that comes before the upload's answer is not lost", () => {
  const book = new PhotoBook();
  book.take("p", completed("p"));
  const shown = [];
  book.adopt(view, (photo) => shown.push(photo.status));
  assert.deepEqual(shown, ["completed"]);
});

test("a change is told once, a repetition is not", () => {
  const book = new PhotoBook();
  const shown = [];
  book.adopt(view, (photo) => shown.push(photo.status));
  book.take("p", completed("p"));
  book.take("p", completed("p"));
  assert.deepEqual(shown, ["queued", "completed"]);
});

test("events of photos that nobody asks for take bounded space, the photo quiet longest goes first", () => {
  const book = new PhotoBook();
  for (let i = 0; i < 513; i += 1) book.take(`p${i}`, completed(`p${i}`));
  const status = (id) => book.adopt({ ...view, id }, () => {}).status;
  assert.equal(status("p0"), "queued");
  assert.equal(status("p1"), "completed");
  assert.equal(status("p512"), "completed");
});
