// What the tests run against, from the environment: PHOTO_URL, PHOTO_TOKEN, PHOTO_SAMPLES, PHOTO_OTHER_TOKEN; and
// PHOTO_RESTING_PIPELINE, where there is a pipeline that no worker takes jobs of, so that its photos wait.

import { readdirSync } from "node:fs";
import { join } from "node:path";

const PHOTO = /\.(jpe?g|png|webp|gif|bmp)$/i;
const BROKEN = /broken|truncated|damaged/i;

const MEANING = {
  PHOTO_URL: "the base URL of a running api role, such as http://127.0.0.1:3000",
  PHOTO_TOKEN: "a token of a user (photo-gateway token)",
  PHOTO_OTHER_TOKEN: "a token of another user (photo-gateway token)",
  PHOTO_SAMPLES: "a folder with at least three good photos and one whose name says broken, truncated or damaged",
};

/** The variable's value; ends the test with its meaning where it is not set. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. It names ${MEANING[name]}.`);
  return value;
}

export function baseUrl() {
  return setting("PHOTO_URL").replace(/\/$/, "");
}

/** The sample photos' paths: { good, broken }. */
export function samples() {
  const folder = setting("PHOTO_SAMPLES");
  const photos = readdirSync(folder).filter((name) => PHOTO.test(name)).sort();
  const paths = (names) => names.map((name) => join(folder, name));
  const good = paths(photos.filter((name) => !BROKEN.test(name)));
  const broken = paths(photos.filter((name) => BROKEN.test(name)));
  if (good.length < 3 || broken.length < 1) throw new Error(`${folder} holds too few photos; it is ${MEANING.PHOTO_SAMPLES}.`);
  return { good, broken };
}

/** Resolves to what `look` finds; fails with `what` where it finds nothing within the time. */
export async function eventually(what, look, withinMs = 30_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
