// Who is signed in: the token of the URL's fragment, of this tab's storage or of the sign-in field.

const KEY = "photo-token";

/** Takes `#token=…` out of the address bar into this tab's storage. Returns whether there was one. */
export function takeTokenFromFragment() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  const token = cleanToken(given);
  if (token) sessionStorage.setItem(KEY, token);
  return token !== "";
}

export function storedToken() {
  return sessionStorage.getItem(KEY);
}

export function storeToken(token) {
  sessionStorage.setItem(KEY, token);
}

export function dropToken() {
  sessionStorage.removeItem(KEY);
}

/** The token in a pasted text, without `Bearer`, quotes and line breaks; empty where it has not a token's form. */
export function cleanToken(text) {
  const token = text.replace(/^\s*["']?\s*(bearer\s+)?/i, "").replace(/[\s"']+/g, "");
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? token : "";
}

/** The token's subject, to show; the server is the one that verifies it. */
export function subjectOf(token) {
  try {
    const [, payload] = token.split(".");
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === "string" ? sub : "";
  } catch {
    return "";
  }
}

/** A name for this page load; `crypto.randomUUID` exists in secure contexts only, and a phone on the LAN has none. */
export function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
