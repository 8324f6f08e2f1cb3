// Reads server-sent events out of a stream of text. The browser's own EventSource cannot send a header, and a token
// never goes into an address. Pure.

export class Reader {
  #rest = "";
  #event = fresh();

  // Returns the events that were completed by this piece of text.
  feed(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    return lines.map((line) => this.#line(line.replace(/\r$/, ""))).filter(Boolean);
  }

  #line(line) {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#event.lines.push(value);
    else if (name === "event" || name === "id") this.#event[name] = value;
    return null;
  }

  #end() {
    const { lines, event, id } = this.#event;
    this.#event = fresh();
    return lines.length ? { event, id, text: lines.join("\n") } : null;
  }
}

function fresh() {
  return { event: "message", id: null, lines: [] };
}
