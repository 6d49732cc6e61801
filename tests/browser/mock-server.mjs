// A stand-in for the platform, for work on the page: `npm run mock` serves gateway/assets with the API's answers and
// invented timings. It proves nothing about the platform; the tests run against the real one.
//
// File names steer it: `broken…` fails while processed, `text…` is refused with 415, `busy…` gets 503 once,
// `retry…` fails its first attempt, `slow…` stays in its stages for long.

import { createHmac, createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";

const ASSETS = join(dirname(fileURLToPath(import.meta.url)), "../../gateway/assets");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP =
  "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; style-src 'self'; script-src 'self'";
const VARIANTS = [150, 300, 600];
const SECRET = "mock";

export function mintToken(sub, seconds = 3600) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, aud: "photo-platform", exp: Math.floor(Date.now() / 1000) + seconds })}`;
  return `${head}.${createHmac("sha256", SECRET).update(head).digest("base64url")}`;
}

function subjectOf(token) {
  const [head, body, signature] = (token ?? "").split(".");
  const expected = createHmac("sha256", SECRET).update(`${head}.${body}`).digest("base64url");
  if (signature !== expected) return { refusal: "Invalid token" };
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  return claims.exp * 1000 < Date.now() ? { refusal: "Token expired" } : { sub: claims.sub };
}

export async function startMock({ port = 0, pace = 1 } = {}) {
  const mock = { photos: new Map(), totals: { completed: 0, failed: 0 }, busy: new Set(), refuseSockets: false, pace };
  const http = createServer((request, response) => answer(mock, request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  }));
  const io = new Server(http, { transports: ["websocket"], allowRequest: (_, give) => give(null, !mock.refuseSockets) });
  mock.emit = (photo, name, event) => {
    const rooms = [`photo:${photo.view.id}`, `user:${photo.owner}`];
    if (photo.clientId) rooms.push(`client:${photo.owner}/${photo.clientId}`);
    io.to(rooms).emit(name, event);
  };
  io.use((socket, next) => {
    const token = socket.handshake.auth?.token ?? socket.handshake.headers.authorization?.replace(/^Bearer /, "");
    if (!token) return next(new Error("Authentication required"));
    const { sub, refusal } = subjectOf(token);
    socket.data.sub = sub;
    next(refusal && new Error(refusal));
  });
  io.on("connection", (socket) => serve(mock, socket));
  await new Promise((listening) => http.listen(port, "127.0.0.1", listening));
  mock.url = `http://127.0.0.1:${http.address().port}`;
  mock.dropSockets = () => io.sockets.sockets.forEach((socket) => socket.conn.close());
  mock.close = () => new Promise((closed) => io.close(closed));
  return mock;
}

function serve(mock, socket) {
  const { sub } = socket.data;
  const reply = (ack, name, value) => (typeof ack === "function" ? ack(value) : socket.emit(name, value));
  socket.on("identify", ({ clientId, sessionId } = {}, ack) => {
    if (clientId) socket.join(`client:${sub}/${clientId}`);
    if (sessionId) socket.join(`session:${sub}/${sessionId}`);
    reply(ack, "identified", { socketId: socket.id });
  });
  socket.on("subscribe:photo", ({ photoId } = {}, ack) => {
    const photo = mock.photos.get(photoId);
    if (photo?.owner !== sub) return reply(ack, "error", { code: "not_found", message: "no such photo" });
    socket.join(`photo:${photoId}`);
    const { status, generation, seq, variants, failure } = photo.view;
    const snapshot = { status, generation, seq, variants: variants.map((one) => one.name), failure };
    reply(ack, "subscribed", { room: `photo:${photoId}`, photoId, snapshot });
  });
  socket.on("unsubscribe:photo", ({ photoId } = {}) => socket.leave(`photo:${photoId}`));
  socket.on("subscribe:user", (_, ack) => {
    socket.join(`user:${sub}`);
    reply(ack, "subscribed", { room: "user" });
  });
  socket.on("heartbeat", (_, ack) => reply(ack, "heartbeat", {}));
}

async function answer(mock, request, response) {
  const url = new URL(request.url, "http://mock");
  const path = url.pathname.replace(/^\/api(?=\/)/, "");
  if (!path.startsWith("/photos") && path !== "/pipelines") return asset(response, path);
  const { sub, refusal } = subjectOf(request.headers.authorization?.replace(/^Bearer /, ""));
  if (refusal) return problem(response, 401, "unauthorized", refusal);
  if (path === "/photos/upload") return upload(mock, request, response, sub);
  if (path === "/pipelines") return json(response, 200, { pipelines: [numbers(mock)] });
  const own = [...mock.photos.values()].filter((photo) => photo.owner === sub).reverse();
  if (path === "/photos") return page(response, own, url.searchParams);
  const [, , id, kind] = path.split("/");
  const photo = own.find((one) => one.view.id === id);
  if (!photo || (kind === "variants" && photo.view.status !== "completed")) return problem(response, 404, "not_found", "No such photo.");
  if (request.method === "DELETE") return remove(mock, photo, response);
  if (kind === "cancel") return end(mock, photo, response);
  if (kind === "reprocess") return again(mock, photo, response);
  if (kind === "log") return json(response, 200, { runs: photo.runs });
  if (!kind) return json(response, 200, photo.view);
  response.writeHead(200, { "content-type": photo.view.contentType, "cache-control": "private, immutable, max-age=3600" });
  response.end(photo.bytes);
}

async function asset(response, path) {
  const file = normalize(path === "/" ? "/index.html" : path);
  try {
    const bytes = await readFile(join(ASSETS, file));
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain", "content-security-policy": CSP });
    response.end(bytes);
  } catch {
    problem(response, 404, "not_found", "No such page.");
  }
}

function page(response, own, query) {
  const limit = Number(query.get("limit") ?? 50);
  const from = query.get("after") ? own.findIndex((one) => one.view.id === query.get("after")) + 1 : 0;
  json(response, 200, { photos: own.slice(from, from + limit).map((one) => one.view), hasMore: own.length > from + limit });
}

function numbers({ photos, totals }) {
  const are = (status) => [...photos.values()].filter((photo) => photo.view.status === status).length;
  const { completed, failed } = totals;
  return { name: "full-processing", queued: are("queued"), processing: are("processing"), completedTotal: completed, failedTotal: failed };
}

async function upload(mock, request, response, owner) {
  const form = await new Response(request, { headers: { "content-type": request.headers["content-type"] } }).formData();
  const views = [];
  for (const file of form.values()) {
    if (typeof file === "string") continue;
    if (file.name.startsWith("text")) return problem(response, 415, "unsupported_media_type", `${file.name} is not a JPEG, PNG, GIF, WebP or BMP picture.`);
    if (file.name.startsWith("busy") && !mock.busy.has(file.name)) {
      mock.busy.add(file.name);
      return problem(response, 503, "unavailable", "The platform can't take photos at the moment.", { "retry-after": "3" });
    }
    const photo = accept(mock, owner, request.headers["x-client-id"], file, Buffer.from(await file.arrayBuffer()));
    views.push({ ...photo.view });
    run(mock, photo);
  }
  await wait(mock, 60);
  json(response, 201, { photos: views });
}

function accept(mock, owner, clientId, file, bytes) {
  const now = new Date().toISOString();
  const view = {
    id: randomUUID(), fileName: file.name, contentType: file.type || "image/jpeg", sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"), pipeline: "full-processing", generation: 1,
    status: "queued", seq: 1, variants: [], createdAt: now, updatedAt: now,
  };
  const photo = { view, owner, clientId, bytes, runs: [] };
  mock.photos.set(view.id, photo);
  return photo;
}

/** Emits a state event; the photo's number rises with it. */
function tellState(mock, photo, name, type, data) {
  photo.view.seq += 1;
  mock.emit(photo, name, {
    id: randomUUID(), photoId: photo.view.id, userId: photo.owner, traceparent: "00-1-1-01", pipeline: photo.view.pipeline,
    generation: photo.view.generation, seq: photo.view.seq, time: new Date().toISOString(), type, data, offset: `mock.${Date.now()}-0`,
  });
}

function remove(mock, photo, response) {
  mock.photos.delete(photo.view.id);
  response.writeHead(204).end();
  setTimeout(() => tellState(mock, photo, "completion.event", "photo.deleted", {}), 500);
}

function end(mock, photo, response) {
  photo.view.status = "cancelled";
  tellState(mock, photo, "completion.event", "photo.processing.cancelled", {});
  json(response, 200, photo.view);
}

function again(mock, photo, response) {
  if (["queued", "processing"].includes(photo.view.status)) return problem(response, 409, "conflict", "This photo is still open.");
  Object.assign(photo.view, { status: "queued", generation: photo.view.generation + 1, failure: undefined });
  tellState(mock, photo, "processing.event", "photo.processing.queued", { priority: 5 });
  json(response, 202, photo.view);
  run(mock, photo);
}

async function run(mock, photo) {
  const { view } = photo;
  const { generation } = view;
  const slow = view.fileName.startsWith("slow") ? 12 : 1;
  const tell = (name, type, data, more = {}) => mock.emit(photo, name, {
    id: randomUUID(), photoId: view.id, userId: photo.owner, clientId: photo.clientId, traceparent: "00-1-1-01", pipeline: view.pipeline,
    generation, time: new Date().toISOString(), type, data, ...more, offset: `mock.${Date.now()}-0`,
  });
  const state = (status, name, type, data, more = {}) => {
    view.status = status;
    view.seq += 1;
    tell(name, type, data, { seq: view.seq, ...more });
  };
  if (generation === 1) tell("upload.event", "photo.uploaded", { fileName: view.fileName, sizeBytes: view.sizeBytes }, { seq: 1 });
  const attempts = view.fileName.startsWith("retry") ? 2 : 1;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const id = `0199${String(attempt).padStart(4, "0")}-${randomUUID().slice(9)}`;
    let index = -1;
    const logged = { runId: id, generation, pipeline: view.pipeline, delivery: attempt, begunAt: new Date().toISOString(), stages: [] };
    photo.runs.push(logged);
    const over = () => !mock.photos.has(view.id) || view.status === "cancelled" || view.generation !== generation;
    const stage = async (type, data, ms) => {
      await wait(mock, ms * slow);
      if (over()) return;
      index += 1;
      tell("processing.event", type, { ...data, index }, { run: id });
    };
    await wait(mock, 150 + Math.random() * 300);
    state("processing", "processing.event", "photo.processing.started", { delivery: attempt }, { run: id });
    await stage("photo.processing.stage.started", { stage: "validation", progressPercent: 5 }, 80);
    if (view.fileName.startsWith("broken")) {
      const failure = { code: "damaged", message: "the file ends before the picture is complete" };
      await stage("photo.processing.stage.failed", { stage: "validation", failure }, 200);
      view.failure = failure;
      mock.totals.failed += 1;
      Object.assign(logged, { endedAt: new Date().toISOString(), outcome: "failed", failure });
      return state("failed", "completion.event", "photo.processing.failed", { status: "failed", final: true, failure }, { run: id });
    }
    await stage("photo.processing.stage.completed", { stage: "validation", progressPercent: 35 }, 250);
    await stage("photo.processing.stage.started", { stage: "thumbnails", progressPercent: 45 }, 60);
    if (attempt < attempts) {
      const failure = { code: "processing_failed", message: "the worker stopped; another one takes over" };
      state("queued", "completion.event", "photo.processing.failed", { status: "queued", final: false, failure }, { run: id });
      await wait(mock, 2500);
      continue;
    }
    for (const side of VARIANTS) await stage("photo.thumbnail.generated", { variant: String(side), width: side, height: Math.round(side * 0.66) }, 180);
    await stage("photo.processing.stage.completed", { stage: "thumbnails", progressPercent: 95 }, 60);
    await wait(mock, 120);
    Object.assign(logged, { endedAt: new Date().toISOString(), outcome: over() ? "cancelled" : "completed" });
    if (over()) return;
    view.variants = VARIANTS.map((side) => ({
      name: String(side), contentType: view.contentType, width: side, height: Math.round(side * 0.66),
      sizeBytes: view.sizeBytes, url: `/photos/${view.id}/variants/${side}`,
    }));
    mock.totals.completed += 1;
    state("completed", "completion.event", "photo.processing.completed", { variants: VARIANTS.map(String) }, { run: id });
  }
}

function wait({ pace }, ms) {
  return new Promise((done) => setTimeout(done, ms * pace));
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function problem(response, status, code, detail, headers = {}) {
  const body = { type: "about:blank", title: code, status, code, detail, requestId: randomUUID() };
  response.writeHead(status, { "content-type": "application/problem+json", ...headers }).end(JSON.stringify(body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 0) });
  console.log(`${mock.url}/#token=${mintToken("alice")}`);
}
