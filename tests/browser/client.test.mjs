// The events role as any program meets it: with the socket.io-client of npm, and uploads by fetch.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { afterEach, test } from "node:test";
import { io } from "socket.io-client";
import { baseUrl, eventually, samples, setting } from "./target.mjs";

const CHANNELS = ["upload.event", "processing.event", "completion.event"];
const sockets = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

function socketWith(auth, more = {}) {
  const socket = io(baseUrl(), { transports: ["websocket"], reconnection: false, forceNew: true, auth, ...more });
  sockets.push(socket);
  return socket;
}

function connected(socket) {
  return new Promise((resolve, reject) => {
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
}

/** Sends a command; resolves to its answer, an acknowledgement or the event `reply`; rejects on a refusal. */
function ask(socket, command, payload, reply) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command}: no answer`)), 10_000);
    const settle = (answer) => {
      clearTimeout(timer);
      socket.off(reply, settle);
      socket.off("error", refused);
      if (answer?.code) reject(Object.assign(new Error(answer.message), { code: answer.code }));
      else resolve(answer);
    };
    const refused = (problem) => settle({ code: "?", ...problem });
    socket.on(reply, settle);
    socket.on("error", refused);
    socket.emit(command, payload, settle);
  });
}

async function upload(path, clientId) {
  const form = new FormData();
  form.append("photos", new Blob([await readFile(path)]), basename(path));
  const headers = { Authorization: `Bearer ${setting("PHOTO_TOKEN")}`, "X-Client-Id": clientId };
  const response = await fetch(`${baseUrl()}/photos/upload`, { method: "POST", headers, body: form });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).photos[0];
}

test("a connection without a token is refused", async () => {
  await assert.rejects(connected(socketWith({})), { message: "Authentication required" });
});

test("a connection with a forged token is refused", async () => {
  const [head, body] = setting("PHOTO_TOKEN").split(".");
  const forged = `${head}.${body}.${Buffer.alloc(32, 7).toString("base64url")}`;
  await assert.rejects(connected(socketWith({ token: forged })), { message: "Invalid token" });
  await assert.rejects(connected(socketWith({ token: "nonsense" })), { message: "Invalid token" });
});

test("the token may come in the Authorization header", async () => {
  const extraHeaders = { Authorization: `Bearer ${setting("PHOTO_TOKEN")}` };
  await connected(socketWith({}, { extraHeaders }));
});

test("identify answers with the socket's id", async () => {
  const socket = await connected(socketWith({ token: setting("PHOTO_TOKEN") }));
  const { socketId } = await ask(socket, "identify", { clientId: "test" }, "identified");
  assert.equal(socketId, socket.id);
});

test("a missing photo and another user's are refused alike", async () => {
  const photo = await upload(samples().good[0], `test-${randomUUID()}`);
  const socket = await connected(socketWith({ token: setting("PHOTO_OTHER_TOKEN") }));
  const refusalOf = (photoId) =>
    ask(socket, "subscribe:photo", { photoId }, "subscribed").then(
      () => assert.fail("it was not refused"),
      ({ code, message }) => ({ code, message: message.replaceAll(photoId, "<id>") }),
    );
  const foreign = await refusalOf(photo.id);
  assert.deepEqual(foreign, await refusalOf("01993000-0000-7000-8000-00000000dead"));
  assert.equal(foreign.code, "not_found");
});

test("the owner's subscription answers with how far the photo is", async () => {
  const photo = await upload(samples().good[0], `test-${randomUUID()}`);
  const socket = await connected(socketWith({ token: setting("PHOTO_TOKEN") }));
  const answer = await ask(socket, "subscribe:photo", { photoId: photo.id }, "subscribed");
  assert.equal(answer.photoId, photo.id);
  assert.equal(answer.snapshot.generation, 1);
  assert.ok(["queued", "processing", "completed"].includes(answer.snapshot.status), answer.snapshot.status);
});

test("a deleted photo is told to its owner's sockets, to nobody else's, and is then missing", async () => {
  const photo = await upload(samples().good[0], `test-${randomUUID()}`);
  const [owner, other] = await Promise.all(
    ["PHOTO_TOKEN", "PHOTO_OTHER_TOKEN"].map((name) => connected(socketWith({ token: setting(name) }))),
  );
  const heard = { owner: [], other: [] };
  owner.on("completion.event", (event) => event.photoId === photo.id && heard.owner.push(event));
  for (const channel of CHANNELS) other.on(channel, (event) => heard.other.push(event));
  for (const socket of [owner, other]) await ask(socket, "subscribe:user", {}, "subscribed");
  await ask(owner, "subscribe:photo", { photoId: photo.id }, "subscribed");
  const headers = { Authorization: `Bearer ${setting("PHOTO_TOKEN")}` };
  const gone = await fetch(`${baseUrl()}/photos/${photo.id}`, { method: "DELETE", headers });
  assert.equal(gone.status, 204);
  await eventually("photo.deleted", () => heard.owner.some(({ type }) => type === "photo.deleted"), 90_000);
  await ask(owner, "heartbeat", {}, "heartbeat"); // a repetition would have come before this answer
  const told = heard.owner.filter(({ type }) => type === "photo.deleted");
  assert.equal(told.length, 1, "once, although the socket is in two of its rooms");
  assert.deepEqual(told[0].data, {});
  assert.equal(heard.owner.at(-1), told[0], "nothing comes after it");
  await ask(other, "heartbeat", {}, "heartbeat");
  assert.deepEqual(heard.other, []);
  await assert.rejects(ask(owner, "subscribe:photo", { photoId: photo.id }, "subscribed"), { code: "not_found" });
});

test("a client in several rooms gets each event of its upload once and in order", async () => {
  const clientId = `test-${randomUUID()}`;
  const socket = await connected(socketWith({ token: setting("PHOTO_TOKEN") }));
  const received = [];
  for (const channel of CHANNELS) socket.on(channel, (event) => received.push({ channel, event }));
  await ask(socket, "identify", { clientId, sessionId: clientId }, "identified");
  await ask(socket, "subscribe:user", {}, "subscribed");
  const photo = await upload(samples().good[0], clientId);
  const own = () => received.filter(({ event }) => event.photoId === photo.id);
  await eventually("a completion.event", () => own().some(({ channel }) => channel === "completion.event"), 60_000);
  await ask(socket, "heartbeat", {}, "heartbeat"); // a repetition would have come before this answer

  const events = own().map(({ event }) => event);
  const firsts = CHANNELS.map((channel) => own().findIndex((one) => one.channel === channel));
  assert.deepEqual(firsts, [...firsts].sort((a, b) => a - b), "upload before processing before completion");
  assert.ok(firsts.every((place) => place >= 0), `not every channel was heard: ${firsts}`);
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length, "each event once");
  assert.equal(events.at(-1).type, "photo.processing.completed");
  const rising = (numbers) => numbers.every((number, i) => i === 0 || number > numbers[i - 1]);
  assert.ok(rising(events.filter((event) => event.seq !== undefined).map((event) => event.seq)), "state events by seq");
  assert.ok(rising(events.filter((event) => event.data.index !== undefined).map((event) => event.data.index)), "stages by index");
  assert.ok(events.every((event) => event.offset && event.traceparent), "each event has its place in the log and its trace");
});
