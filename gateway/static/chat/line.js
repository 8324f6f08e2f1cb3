// The line on which messages arrive: a stream that resumes where it was cut, or polling where streams do not get through.

import { Failed, ask, askJson, backoff, pause } from "./api.js";
import { Reader } from "./sse.js";

const SILENCE = 15_000; // the server says something every 5 s: three times nothing means the line is dead
const POLL_EVERY = 4_000;
const POLL_FOR = 60_000;
const ENOUGH = 2; // streams in a row that were refused or cut before a word: by a proxy, most likely

export class Line {
  #heard;
  #lost;
  #writes;
  #last = 0;
  #running = null;
  #cut = new AbortController();

  // `heard` gets each message; `lost` is called when the server no longer knows this visitor; `writes` hears who writes.
  constructor(heard, lost, writes = () => {}) {
    this.#heard = heard;
    this.#lost = lost;
    this.#writes = writes;
  }

  start() {
    this.#running ??= this.#run().finally(() => (this.#running = null));
  }

  // Connect again at once: the connection is back, or the page woke up.
  hurry() {
    this.#cut.abort();
  }

  // Everything that was said since; raises Failed.
  async catchUp() {
    for (let more = true; more; ) {
      const page = await askJson(`messages?after=${this.#last}`);
      page.messages.forEach((message) => this.#take(message));
      ({ more } = page);
      if (page.writing) this.#writes({ name: page.writing });
    }
  }

  async #run() {
    let failures = 0;
    let refused = 0; // streams that brought nothing, since one that did
    let pollUntil = 0;
    for (;;) {
      this.#cut = new AbortController();
      let outcome = await (Date.now() < pollUntil ? this.#poll() : this.#stream());
      if (["silent", "full", "refused"].includes(outcome)) {
        refused += 1;
        if (outcome !== "refused" || refused >= ENOUGH) pollUntil = Date.now() + POLL_FOR;
        outcome = await this.#poll(); // what a stream does not bring is asked for at once
      } else if (outcome === "ended") refused = 0;
      if (outcome === "lost") return this.#lost();
      failures = outcome === "failed" ? failures + 1 : 0;
      const rest = { failed: backoff(failures), polled: POLL_EVERY }[outcome] ?? 200;
      await pause(rest, this.#cut.signal);
    }
  }

  async #poll() {
    try {
      await this.catchUp();
      return "polled";
    } catch (failure) {
      return meaning(failure);
    }
  }

  async #stream() {
    const own = new AbortController();
    this.#cut.signal.addEventListener("abort", () => own.abort(), { once: true });
    let silent = false;
    const watch = () => setTimeout(() => ((silent = true), own.abort()), SILENCE);
    let bytes = 0;
    let timer = watch();
    try {
      const headers = { Accept: "text/event-stream", "Last-Event-ID": String(this.#last) };
      const answer = await ask("stream", { signal: own.signal, headers });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const events = new Reader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return bytes ? "ended" : "refused";
        clearTimeout(timer);
        timer = watch();
        bytes += value.length;
        events.feed(value).forEach((event) => this.#event(event));
      }
    } catch (failure) {
      if (bytes || this.#cut.signal.aborted) return "ended";
      if (silent) return "silent";
      if (!(failure instanceof Failed)) return "refused";
      return failure.status === 503 ? "full" : failure.unknownToken ? "lost" : "refused";
    } finally {
      clearTimeout(timer);
      own.abort();
    }
  }

  #event(event) {
    if (event.event === "message") this.#take(JSON.parse(event.text));
    if (event.event === "writing") this.#writes(JSON.parse(event.text));
  }

  #take(message) {
    this.#last = Math.max(this.#last, message.id);
    this.#heard(message);
  }
}

function meaning(failure) {
  if (!(failure instanceof Failed)) throw failure;
  return failure.unknownToken ? "lost" : "failed";
}
