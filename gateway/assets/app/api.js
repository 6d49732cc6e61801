// The HTTP API as the page uses it. Turns answers into plain outcomes; decides nothing about retries.

const IMAGE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif"]);

/** An answer that is not a success: `status` is 0 where there was no answer. */
export class ApiError extends Error {
  constructor(status, problem, retryAfterMs = null) {
    super(problem?.detail || problem?.title || (status ? `The server answered ${status}.` : "The server can't be reached."));
    this.status = status;
    this.code = problem?.code ?? "";
    this.retryAfterMs = retryAfterMs;
  }
}

export class Api {
  #token;
  #unauthorized;

  /** `token()` gives the token to send; `unauthorized(token)` is told which one was refused. */
  constructor({ token, unauthorized }) {
    this.#token = token;
    this.#unauthorized = unauthorized;
  }

  async photos({ limit, after }) {
    const query = new URLSearchParams({ limit: String(limit), ...(after ? { after } : {}) });
    return (await this.#get(`/photos?${query}`)).json();
  }

  async photo(id) {
    return (await this.#get(`/photos/${encodeURIComponent(id)}`)).json();
  }

  /** What was tried with a photo. */
  async log(id) {
    return (await this.#get(`/photos/${encodeURIComponent(id)}/log`)).json();
  }

  /** Ends an open photo; resolves to its view. */
  async cancel(id) {
    return (await this.#send("POST", `/photos/${encodeURIComponent(id)}/cancel`)).json();
  }

  /** Has a photo of that generation processed again; resolves to its view. */
  async reprocess(id, generation) {
    return (await this.#send("POST", `/photos/${encodeURIComponent(id)}/reprocess`, { generation })).json();
  }

  async remove(id) {
    await this.#send("DELETE", `/photos/${encodeURIComponent(id)}`);
  }

  async pipelines() {
    return (await (await this.#get("/pipelines")).json()).pipelines;
  }

  /** The bytes of a variant. Only image types become a blob that the page links to. */
  async variant(url) {
    const response = await this.#get(url);
    const type = (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
    if (!IMAGE_TYPES.has(type)) throw new ApiError(415, { detail: "The server's answer is not a picture." });
    return new Blob([await response.arrayBuffer()], { type });
  }

  /** Uploads one file; resolves to its photo's view. `progress(share)` is told 0 to 1. */
  upload(file, { clientId, key, progress, signal }) {
    const token = this.#token();
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/photos/upload");
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("X-Client-Id", clientId);
      request.setRequestHeader("Idempotency-Key", key);
      request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
      request.onerror = () => reject(new ApiError(0));
      request.onabort = () => reject(new ApiError(0, { detail: "Cancelled." }));
      request.onload = () => {
        const body = parsed(request.responseText);
        const photo = body?.photos?.[0];
        if (request.status < 300 && photo) return resolve(photo);
        if (request.status === 401) this.#unauthorized(token);
        const problem = body?.refused?.[0] ?? body;
        reject(new ApiError(problem?.status ?? request.status, problem, waitOf(request.getResponseHeader("Retry-After"))));
      };
      signal?.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("photos", file, file.name);
      request.send(form);
    });
  }

  #get(path) {
    return this.#send("GET", path);
  }

  async #send(method, path, body) {
    const token = this.#token();
    const headers = { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) };
    let response;
    try {
      response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    } catch {
      throw new ApiError(0);
    }
    if (response.ok) return response;
    if (response.status === 401) this.#unauthorized(token);
    const problem = parsed(await response.text().catch(() => ""));
    throw new ApiError(response.status, problem, waitOf(response.headers.get("Retry-After")));
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Retry-After in milliseconds: seconds or a date; null where it is neither. */
export function waitOf(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
