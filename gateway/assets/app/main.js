// Ties the page together: who is signed in, what is connected, where photos come from and where they are shown.

import { Api } from "./api.js";
import { Confirmation } from "./confirmation.js";
import { ConnectionChip } from "./connection-chip.js";
import { EarlierPhotos } from "./earlier-photos.js";
import { Intake } from "./intake.js";
import { PhotoActions } from "./photo-actions.js";
import { PhotoBook } from "./photo-book.js";
import { PhotoRooms } from "./photo-rooms.js";
import { isTerminal } from "./photo-state.js";
import { QueueNumbers } from "./queue-numbers.js";
import * as session from "./session.js";
import { SignIn } from "./sign-in.js";
import { LiveConnection } from "./socket.js";
import { Thumbnails } from "./thumbnails.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const at = (id) => document.getElementById(id);
const clientId = `web-${session.randomName()}`;
let token = null;
let subject = null;

const api = new Api({
  token: () => token,
  unauthorized: (refused) => refused === token && signOut("The server did not accept the token. It may have expired."),
});
const live = new LiveConnection({
  token: () => token,
  clientId,
  on: {
    state: showConnection,
    event: (event) => book.take(event.photoId, { event }),
    joined: followOpenPhotos,
    refused: (text) => signOut(`${text}. Sign in with a new token.`),
  },
});
const book = new PhotoBook();
const rooms = new PhotoRooms({
  ask: (...command) => live.ask(...command),
  tell: (...command) => live.tell(...command),
  snapshot: (id, snapshot) => book.take(id, { snapshot }),
  missing: (id) => book.has(id) && book.take(id, { gone: true }),
});
const thumbnails = new Thumbnails(api);
const viewer = new Viewer(at("viewer"), { api, thumbnails });
const confirmation = new Confirmation(at("confirm"));
const page = {
  api,
  book,
  rooms,
  live,
  clientId,
  cardParts: {
    template: at("card"),
    thumbnails,
    viewer,
    actions: new PhotoActions({ api, book, viewer, confirm: (question) => confirmation.ask(question) }),
    announce: announcer(at("announcements")),
  },
  changed: photosChanged,
  known: (id) => earlier.drop(id),
};
const uploads = new Uploads(page, at("visit"));
const earlier = new EarlierPhotos(page, at("earlier"));
const numbers = new QueueNumbers({ root: at("numbers"), api, active: isActive });
const chip = new ConnectionChip(at("connection"), () => live.tryNow());
const signInPanel = new SignIn(at("sign-in"), signIn);
let wasActive = false;

new Intake({
  zone: at("drop"),
  input: at("files"),
  take: (files) => subject !== null && uploads.add(files), // after the token was refused they wait for another
  say: (text) => {
    at("hint").textContent = text;
    at("hint").hidden = text === "";
  },
});
at("sign-out").addEventListener("click", () => {
  session.dropToken();
  location.reload();
});
addEventListener("beforeunload", (event) => uploads.sending && event.preventDefault()); // files would be lost
addEventListener("hashchange", () => session.takeTokenFromFragment() && location.reload());

session.takeTokenFromFragment();
const stored = session.storedToken();
if (stored) signIn(stored);
else signOut("");

function signIn(given) {
  const name = session.subjectOf(given);
  session.storeToken(given);
  if (subject !== null && subject !== name) return location.reload(); // nothing of another user's stays on the page
  token = given;
  const first = subject === null;
  subject = name;
  signInPanel.hide();
  at("work").hidden = false;
  at("account").hidden = false;
  at("subject").textContent = name;
  live.open();
  numbers.start();
  uploads.resume();
  if (first) earlier.load();
}

/** Without a token nothing is asked of the server; what is on the page stays, and goes on after signing in. */
function signOut(reason) {
  token = null;
  session.dropToken();
  uploads.pause();
  numbers.stop();
  live.close();
  at("work").hidden = subject === null;
  at("account").hidden = true;
  signInPanel.show(reason);
}

function showConnection(state) {
  chip.show(state);
  const before = document.body.dataset.connection;
  document.body.dataset.connection = state.phase;
  if (state.phase === "waiting" && before === "live") page.cardParts.announce("Live connection lost, reconnecting.");
  if (state.phase === "live" && live.joins > 1) page.cardParts.announce("Live again.");
  if (state.phase !== "live") rooms.stop();
}

/** After the first join, a reconnect or a `resync`: each open photo's room answers with how far it is. */
function followOpenPhotos() {
  rooms.restart();
  if (live.joins === 1) return; // this page load has missed nothing yet
  for (const photo of book.photos()) if (!isTerminal(photo.status)) rooms.follow(photo.id);
}

function photosChanged() {
  const active = isActive();
  if (active && !wasActive) numbers.hurry();
  wasActive = active;
}

function isActive() {
  return uploads.active || book.photos().some((photo) => !isTerminal(photo.status));
}

/** Collects what happens within a moment, so that a screen reader is not talked over. */
function announcer(region) {
  let texts = [];
  return (text) => {
    if (texts.push(text) > 1) return;
    setTimeout(() => {
      region.textContent = texts.length > 3 ? `${texts.length} photos have ended.` : texts.join(" ");
      texts = [];
    }, 800);
  };
}
