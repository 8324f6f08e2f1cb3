// The few requests of the chat, and what their failures mean. The token travels in a header only.

import * as kept from "./kept.js";

const PATIENCE = 12_000;

export class Failed extends Error {
  constructor(status, after) {
    super(`status ${status}`);
    this.status = status;
    this.after = after;
  }

  // Worth another try: no network, a busy or broken server, too many at once.
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  get unknownToken() {
    return this.status === 404;
  }
}

export async function ask(path, { method = "GET", body, signal, headers = {}, keepalive } = {}) {
  const token = kept.read("token");
  const init = { method, headers: { ...headers }, keepalive, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
  if (token) init.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) {
    const file = body instanceof Blob; // which names its own kind
    init.body = file ? body : JSON.stringify(body);
    if (!file) init.headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(new URL(path, document.baseURI), { ...init, signal: signal ?? soon() });
  } catch {
    throw new Failed(0);
  }
  if (!answer.ok) throw new Failed(answer.status, Number(answer.headers.get("Retry-After")) || 0);
  return answer;
}

// AbortSignal.timeout came with Safari 16, and old phones stay in use for long.
export function soon(patience = PATIENCE) {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), patience);
  return stop.signal;
}

export async function askJson(path, options) {
  const answer = await ask(path, options);
  try {
    return await answer.json();
  } catch {
    throw new Failed(0); // cut off on the way
  }
}

export async function token() {
  if (!kept.read("token")) kept.write("token", (await askJson("visitors", { method: "POST", body: {} })).token);
}

export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

// Grows to 15 s, with a random part, so that many pages do not all come back in the same moment.
export function backoff(failures) {
  return Math.min(15_000, 500 * 2 ** Math.min(failures, 5)) * (0.5 + Math.random() / 2);
}
