import assert from "node:assert/strict";
import { test } from "node:test";
import { PhotoRooms } from "../../../gateway/assets/app/photo-rooms.js";

/** Rooms over a server that answers at once; `settled` resolves when no command came for a while. */
function bench({ refuse = new Set() } = {}) {
  const log = [];
  const snapshots = [];
  const missing = [];
  const rooms = new PhotoRooms({
    ask: async (command, { photoId }) => {
      log.push(`${command} ${photoId}`);
      if (refuse.has(photoId)) throw Object.assign(new Error("no such photo"), { code: "not_found" });
      return { photoId, snapshot: { of: photoId } };
    },
    tell: (command, { photoId }) => log.push(`${command} ${photoId}`),
    snapshot: (id) => snapshots.push(id),
    missing: (id) => missing.push(id),
    pauseMs: 0,
  });
  const settled = async () => {
    for (let before = -1; before !== log.length; ) {
      before = log.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { rooms, log, snapshots, missing, settled };
}

test("a followed photo's snapshot is taken, and its room left when it is over", async () => {
  const { rooms, log, snapshots, settled } = bench();
  rooms.follow("a");
  await settled();
  assert.deepEqual(log, [], "there is no connection yet");
  rooms.restart();
  await settled();
  rooms.leave("a");
  await settled();
  assert.deepEqual(log, ["subscribe:photo a", "unsubscribe:photo a"]);
  assert.deepEqual(snapshots, ["a"]);
});

test("after a restart every open photo is asked for again, those that are over are not", async () => {
  const { rooms, log, settled } = bench();
  for (const id of ["a", "b"]) rooms.follow(id);
  rooms.restart();
  await settled();
  rooms.stop();
  rooms.leave("a");
  log.length = 0;
  rooms.restart();
  await settled();
  assert.deepEqual(log, ["subscribe:photo b"]);
});

test("never more rooms than a socket may have; the next photo comes in when one leaves", async () => {
  const { rooms, log, settled } = bench();
  for (let i = 0; i < 130; i += 1) rooms.follow(`p${i}`);
  rooms.restart();
  await settled();
  assert.equal(log.length, 120);
  rooms.leave("p0");
  await settled();
  assert.deepEqual(log.slice(120), ["unsubscribe:photo p0", "subscribe:photo p120"]);
});

test("a refused photo is not asked for again", async () => {
  const { rooms, log, missing, settled } = bench({ refuse: new Set(["a"]) });
  rooms.follow("a");
  rooms.restart();
  await settled();
  rooms.restart();
  await settled();
  assert.deepEqual(log, ["subscribe:photo a"]);
  assert.deepEqual(missing, ["a"], "it is told: somebody deleted it");
});
