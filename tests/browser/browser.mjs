// A headless Chromium whose pages keep a record of what they asked for, received and complained about.

import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/**
 * A page with a `log` in order of happening: { request, path }, { event, name } for Socket.IO events that it
 * received, and `complaints`: console errors, exceptions and policy violations.
 */
export async function recordedPage(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const record = { page, context, log: [], complaints: [] };
  page.on("request", (request) => record.log.push({ request: request.method(), path: new URL(request.url()).pathname }));
  page.on("console", (message) => message.type() === "error" && record.complaints.push(message.text()));
  page.on("pageerror", (error) => record.complaints.push(error.message));
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => takeFrame(record, String(payload)));
  });
  await context.exposeFunction("complain", (text) => record.complaints.push(text));
  await context.addInitScript(watchPage);
  return record;
}

/** Runs in the page: tells policy violations, and keeps every value that each card's progress bar takes. */
function watchPage() {
  addEventListener("securitypolicyviolation", (event) => {
    globalThis.complain(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
  });
  globalThis.progressOf = new Map();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (!target.matches?.("#visit progress.work")) continue;
      const name = target.closest(".card").querySelector(".name").textContent;
      const values = globalThis.progressOf.get(name) ?? [];
      if (values.at(-1) !== target.value) values.push(target.value);
      globalThis.progressOf.set(name, values);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["value"] });
}

/** Socket.IO events are frames of the form `42["name",{…}]`. */
function takeFrame(record, payload) {
  if (!payload.startsWith("42[")) return;
  const [name, event] = JSON.parse(payload.slice(2));
  record.log.push({ name, event });
}
