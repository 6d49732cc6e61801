import assert from "node:assert/strict";
import { test } from "node:test";
import { fileRows, logRows, optimizedCopy } from "../../../gateway/assets/app/photo-details.js";

const view = { contentType: "image/jpeg", sizeBytes: 2_400_000, width: 4000, height: 3000, variants: [] };

test("what is known of the file is told, and no more", () => {
  assert.deepEqual(fileRows({ contentType: "image/png", sizeBytes: 500 }), [["File", "image/png, 500 B"]]);
  const metadata = {
    colorSpace: "sRGB", colorProfile: "Display P3", bitsPerChannel: 8, hasAlpha: true, exif: { Make: "Canon" },
    gps: { latitude: -33.856784, longitude: 151.215297, altitudeMeters: 5 },
  };
  assert.deepEqual(fileRows({ ...view, metadata }), [
    ["File", "image/jpeg, 2.4 MB"],
    ["Size", "4000 × 3000 pixels"],
    ["Colours", "sRGB, 8 bits per channel, with transparency"],
    ["Colour profile", "Display P3"],
    ["Place", "-33.85678, 151.21530, 5 m above the sea"],
    ["Make", "Canon"],
  ]);
});

test("the smaller copy is told with its share of the original", () => {
  assert.equal(optimizedCopy({ variants: [{ role: "thumbnail", name: "150" }] }), null);
  const variants = [{ role: "optimized", name: "optimized", url: "/u", sizeBytes: 812_000, ratioPercent: 34 }];
  assert.deepEqual(optimizedCopy({ variants }), { url: "/u", words: "Optimized copy: 812 kB, 34 % of the original" });
});

test("each run of the log has its outcome, its reason and its stages", () => {
  const run = (more) => ({ generation: 1, delivery: 1, pipeline: "full-processing", begunAt: "2026-11-21T10:00:00Z", stages: [], ...more });
  const failure = { code: "damaged", message: "the file ends early" };
  const stages = [
    { stage: "validation", status: "completed", milliseconds: 12, error: null },
    { stage: "meta-data", status: "skipped", milliseconds: 0, error: "The stage is disabled." },
    { stage: "thumbnails", status: "failed", milliseconds: 1500, error: "the encoder gave up" },
  ];
  const rows = logRows({ runs: [
    run({ outcome: "deferred", endedAt: "2026-11-21T10:00:01Z", failure }),
    run({ generation: 2, delivery: 3, outcome: "completed", endedAt: "2026-11-21T10:00:01.5Z", stages }),
    run({ outcome: "unheard_of", endedAt: "2026-11-21T10:00:01Z" }),
    run({}),
  ] });
  assert.deepEqual(rows.map(({ outcome }) => outcome), ["Put off, because a service was away", "Completed in 1.5 s", "Unheard of", "Under way"]);
  assert.equal(rows[0].reason, "The file ends early.");
  assert.match(rows[1].title, /^Round 2, attempt 3 · full-processing · /);
  assert.deepEqual(rows[1].stages, [
    { status: "completed", words: "Validation: 12 ms" },
    { status: "skipped", words: "Meta data: skipped. The stage is disabled." },
    { status: "failed", words: "Thumbnails: failed after 1.5 s. The encoder gave up." },
  ]);
});
