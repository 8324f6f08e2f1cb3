// What the visitor wrote and the server does not have yet: kept over a reload, sent in order, tried until it is through.
// Every entry has an id of its own from the start, so that sending it twice is the same as sending it once.

import { Failed, askJson, backoff, pause, token } from "./api.js";
import * as kept from "./kept.js";

export class Outbox {
  #entries = kept.read("outbox", []);
  #tell;
  #busy = false;
  #wake = new AbortController();

  // `tell` hears (entry, state, answer) with state sending, waiting, received or refused.
  constructor(tell) {
    this.#tell = tell;
  }

  get entries() {
    return [...this.#entries];
  }

  // `chosen`: the visitor picked this language by the button, and the conversation does not know yet.
  add(text, language, chosen = false) {
    const entry = { id: uuid(), text, language, chosen, time: new Date().toISOString() };
    this.#keep([...this.#entries, entry]);
    return entry;
  }

  drop(id) {
    this.#keep(this.#entries.filter((entry) => entry.id !== id));
  }

  // Try now rather than at the end of the pause: the connection is back, or there is something new.
  hurry() {
    this.#wake.abort();
    this.#wake = new AbortController();
    this.flush();
  }

  async flush() {
    if (this.#busy) return;
    this.#busy = true;
    let failures = 0;
    try {
      while (this.#entries.length) failures = (await this.#first()) ? 0 : failures + 1;
    } finally {
      this.#busy = false;
    }
  }

  // Whether something went through. Who is held off tries once with each that was not tried yet: the server lets danger
  // through, and that must not wait behind a greeting.
  async #first() {
    const [first, ...later] = this.#entries;
    const failure = await this.#send(first);
    if (!failure) return true;
    const untried = failure.status === 429 ? later.filter((entry) => !entry.failures) : [];
    for (const entry of untried) if (!(await this.#send(entry))) return true;
    await pause(Math.max(backoff(first.failures), (failure.after ?? 0) * 1000), this.#wake.signal);
    return false;
  }

  // Returns what keeps an entry waiting, if anything does.
  async #send(entry) {
    this.#tell(entry, "sending");
    try {
      await token();
      const { id, text, language, chosen } = entry;
      const answer = await askJson("messages", { method: "POST", body: { id, text, language, chosen } });
      this.drop(entry.id);
      this.#tell(entry, "received", answer);
      return null;
    } catch (failure) {
      return this.#failed(entry, failure);
    }
  }

  #failed(entry, failure) {
    if (!(failure instanceof Failed)) throw failure;
    if (failure.unknownToken) kept.write("token", null);
    else if (!failure.passing) {
      this.drop(entry.id);
      this.#tell(entry, "refused");
      return null;
    }
    entry.failures = (entry.failures ?? 0) + 1;
    this.#tell(entry, "waiting");
    return failure;
  }

  #keep(entries) {
    this.#entries = entries;
    kept.write("outbox", entries);
  }
}

// crypto.randomUUID exists on secure pages only; a town may try the widget on plain http first.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
