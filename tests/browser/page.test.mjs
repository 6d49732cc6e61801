// The page in a real browser against a running platform: what a person sees, and what went over the wire for it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { launch, recordedPage } from "./browser.mjs";
import { baseUrl, eventually, samples, setting } from "./target.mjs";

const PROCESSED_MS = 60_000;
const ONE_PHOTO = /^\/(api\/)?photos\/[0-9a-f-]{36}$/;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function openSignedIn() {
  const record = await recordedPage(browser);
  await record.page.goto(`${baseUrl()}/#token=${setting("PHOTO_TOKEN")}`);
  await record.page.waitForSelector("#connection[data-phase=live]");
  return record;
}

const cardOf = (page, path, section = "#visit") =>
  page.locator(`${section} .card`, { has: page.locator(".name", { hasText: new RegExp(`^${escaped(basename(path))}$`) }) }).first();
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

async function assertThreeThumbnails(card) {
  await card.scrollIntoViewIfNeeded();
  const images = card.locator(".thumbs img");
  await eventually("three thumbnails on the card", async () => (await images.count()) === 3);
  for (let i = 0; i < 3; i += 1) {
    assert.ok(await images.nth(i).isVisible());
    assert.ok(await images.nth(i).evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  }
}

const isStage = ({ type }) => type.includes(".stage.") || type === "photo.thumbnail.generated";

function assertLiveEvents(log, photoId, path) {
  const events = log.filter((entry) => entry.event?.photoId === photoId);
  const end = events.findIndex(({ name }) => name === "completion.event");
  assert.ok(end >= 0, `${path}: no completion.event was received`);
  const stages = events.slice(0, end).filter(({ event }) => isStage(event));
  const distinct = new Set(stages.map(({ event }) => `${event.type} ${event.run} ${event.data.index}`));
  assert.ok(distinct.size >= 3, `${path}: ${distinct.size} distinct stage events before its completion, expected 3`);
}

function assertMoving(values, path) {
  assert.ok(values?.length >= 3, `${path}: the progress bar took the values ${values}, expected at least 3`);
  assert.deepEqual(values, [...values].sort((a, b) => a - b), `${path}: the progress bar went back`);
}

test("photos are uploaded, followed live and shown with their thumbnails, and the broken one tells why", async () => {
  const { good, broken } = samples();
  const { page, context, log, complaints } = await openSignedIn();
  assert.equal(new URL(page.url()).hash, "", "the token stays out of the address bar");
  await page.setInputFiles("#files", [...good, ...broken]);

  for (const path of good) {
    const card = cardOf(page, path);
    await card.and(page.locator("[data-status=completed]")).waitFor({ timeout: PROCESSED_MS });
    await assertThreeThumbnails(card);
  }
  for (const path of broken) {
    const card = cardOf(page, path);
    await card.and(page.locator("[data-phase=failed], [data-phase=refused]")).waitFor({ timeout: PROCESSED_MS });
    assert.ok((await card.locator(".reason").innerText()).length > 10, `${path}: no reason is shown`);
  }

  const progress = await page.evaluate(() => [...globalThis.progressOf]);
  for (const path of good) {
    assertLiveEvents(log, await cardOf(page, path).getAttribute("data-photo-id"), path);
    assertMoving(new Map(progress).get(basename(path)), path);
  }
  const polled = log.filter(({ request, path }) => request === "GET" && ONE_PHOTO.test(path));
  assert.deepEqual(polled, [], "the state of a photo comes from events, never from asking for it");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("nothing is uploaded before the client's room is joined", async () => {
  const [path] = samples().good;
  const { page, context, log } = await recordedPage(browser);
  let release;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const held = [];
    const server = socket.connectToServer();
    let holding = true;
    server.onMessage((message) => (holding && /^4[23]/.test(message) ? held.push(message) : socket.send(message)));
    release = () => {
      holding = false;
      log.push({ released: true });
      for (const message of held.splice(0)) socket.send(message);
    };
  });
  await page.goto(`${baseUrl()}/#token=${setting("PHOTO_TOKEN")}`);
  await page.setInputFiles("#files", [path]);
  await cardOf(page, path).locator(".picture canvas").waitFor();
  assert.equal(await cardOf(page, path).getAttribute("data-phase"), "waiting");
  release();
  await cardOf(page, path).and(page.locator("[data-status=completed]")).waitFor({ timeout: PROCESSED_MS });
  const released = log.findIndex((entry) => entry.released);
  const uploaded = log.findIndex((entry) => entry.request === "POST");
  assert.ok(released < uploaded, "the upload began before the room was joined");
  await context.close();
});

test("photos of an earlier visit are shown with their thumbnails", async () => {
  const [path] = samples().good;
  const { page, context, complaints } = await openSignedIn();
  await page.setInputFiles("#files", [path]);
  await cardOf(page, path).and(page.locator("[data-status=completed]")).waitFor({ timeout: PROCESSED_MS });
  const id = await cardOf(page, path).getAttribute("data-photo-id");
  await page.reload();
  const card = page.locator(`#earlier .card[data-photo-id="${id}"]`);
  await card.waitFor();
  await assertThreeThumbnails(card);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a photo is processed again and deleted, and its card goes in every tab", async () => {
  const [path] = samples().good;
  const here = await openSignedIn();
  await here.page.setInputFiles("#files", [path]);
  const card = cardOf(here.page, path);
  const completed = card.and(here.page.locator("[data-status=completed]"));
  await completed.waitFor({ timeout: PROCESSED_MS });
  const id = await card.getAttribute("data-photo-id");
  const there = await openSignedIn();
  const twin = there.page.locator(`#earlier .card[data-photo-id="${id}"]`);
  await twin.waitFor();

  await card.getByRole("button", { name: "Process again" }).click();
  for (const { log } of [here, there]) {
    const ended = ({ name, event }) => name === "completion.event" && event.photoId === id && event.generation === 2;
    await eventually("the second round ends", () => log.some(ended), PROCESSED_MS);
  }
  await completed.waitFor();
  await assertThreeThumbnails(card);
  await assertThreeThumbnails(twin);

  await card.getByRole("button", { name: "Details" }).click();
  const viewer = here.page.locator("#viewer[open]");
  await eventually("two attempts in the log", async () => (await viewer.locator(".log > li").count()) === 2);
  assert.match(await viewer.locator(".log").innerText(), /Round 2, attempt 1/);
  assert.match(await viewer.locator(".file").innerText(), /pixels/);
  await viewer.getByRole("button", { name: "Close" }).click();

  const question = here.page.locator("#confirm[open]");
  await card.getByRole("button", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Keep" }).click();
  assert.ok(await card.isVisible(), "a photo that is kept stays");
  await card.getByRole("button", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
  await twin.waitFor({ state: "detached", timeout: PROCESSED_MS });
  assert.ok(there.log.some(({ event }) => event?.type === "photo.deleted" && event.photoId === id), "the other tab heard of it");
  assert.deepEqual(there.log.filter(({ request, path: asked }) => request === "GET" && ONE_PHOTO.test(asked)), []);
  for (const { complaints, context } of [here, there]) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

const withoutResting = !process.env.PHOTO_RESTING_PIPELINE && "PHOTO_RESTING_PIPELINE names no pipeline";
test("a waiting photo is cancelled with a press", { skip: withoutResting }, async () => {
  const [path] = samples().good;
  const form = new FormData();
  form.append("photos", new Blob([await readFile(path)]), basename(path));
  const upload = `${baseUrl()}/photos/upload?pipeline=${setting("PHOTO_RESTING_PIPELINE")}`;
  const headers = { Authorization: `Bearer ${setting("PHOTO_TOKEN")}` };
  const answer = await fetch(upload, { method: "POST", headers, body: form });
  const { photos: [{ id }] } = await answer.json();
  const { page, context, complaints } = await openSignedIn();
  const card = page.locator(`#earlier .card[data-photo-id="${id}"]`);
  await card.and(page.locator("[data-status=queued]")).waitFor();
  await card.getByRole("button", { name: "Cancel" }).click();
  await card.and(page.locator("[data-status=cancelled]")).waitFor();
  assert.equal(await statusOf(id), "cancelled");
  assert.ok(await card.getByRole("button", { name: "Process again" }).isVisible());
  assert.ok(await card.getByRole("button", { name: "Cancel" }).isHidden());
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a lost connection is shown, and what happened meanwhile is caught up by a snapshot", async () => {
  const [path] = samples().good;
  const record = await recordedPage(browser);
  const { page, context, log } = record;
  const line = { cut: false };
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (String(message).includes('"processing.event"')) line.cut = true;
      if (line.cut) socket.close();
      else socket.send(message);
    });
  });
  await page.goto(`${baseUrl()}/#token=${setting("PHOTO_TOKEN")}`);
  await page.waitForSelector("#connection[data-phase=live]");
  await page.setInputFiles("#files", [path]);
  await page.waitForSelector("#connection[data-phase=waiting]", { timeout: PROCESSED_MS });
  assert.match(await page.locator("#connection").innerText(), /Reconnecting, attempt \d+/);
  const id = await eventually("the upload's answer", () => cardOf(page, path).getAttribute("data-photo-id"));
  await eventually("the platform completes the photo", () => statusOf(id).then((status) => status === "completed"), PROCESSED_MS);
  assert.notEqual(await cardOf(page, path).getAttribute("data-status"), "completed");
  line.cut = false;
  await page.click("#connection", { timeout: 2000 }).catch(() => {}); // unless it has come back by itself
  const card = page.locator(`#visit .card[data-photo-id="${id}"][data-status=completed]`);
  await card.waitFor({ timeout: 30_000 });
  await assertThreeThumbnails(card);
  assert.deepEqual(log.filter(({ request, path: asked }) => request === "GET" && ONE_PHOTO.test(asked)), []);
  await context.close();
});

/** Asked by the test itself: the page must not. */
async function statusOf(id) {
  const headers = { Authorization: `Bearer ${setting("PHOTO_TOKEN")}` };
  const response = await fetch(`${baseUrl()}/photos/${id}`, { headers });
  return (await response.json()).status;
}

test("without a token, and with one that is refused, the page asks to sign in", async () => {
  const { page, context } = await recordedPage(browser);
  await page.goto(baseUrl());
  await page.waitForSelector("#sign-in:not([hidden])");
  await page.fill("#token", "not.a.token");
  await page.press("#token", "Enter");
  await page.waitForSelector("#sign-in [data-part=reason]:not([hidden])");
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, "a refused token is not kept");
  await page.fill("#token", `Bearer ${setting("PHOTO_TOKEN")}`);
  await page.press("#token", "Enter");
  await page.waitForSelector("#connection[data-phase=live]");
  assert.ok(await page.locator("#sign-in").isHidden());
  await context.close();
});
