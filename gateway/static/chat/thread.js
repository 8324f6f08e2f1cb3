// Draws the thread: each message once, however often and on whichever road it comes. Text is only ever set as text.

import { cards } from "./cards.js";
import { pieces } from "./links.js";

const NEAR = 80;

export function nearEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
}

export class Thread {
  #log;
  #fill;
  #newer;
  #shown = new Map(); // key -> element; a key is an id, or the place in the answer to a message
  #pending = new Map(); // the visitor's own entry id -> element

  // `fill` puts the words of the present language into an element that names them.
  constructor(log, newer, fill) {
    this.#log = log;
    this.#newer = newer;
    this.#fill = fill;
    newer.addEventListener("click", () => (log.focus({ preventScroll: true }), this.#toEnd())); // the button goes away
    log.addEventListener("scroll", () => this.#atEnd() && (newer.hidden = true), { passive: true });
  }

  // Returns true when it was not there before.
  hear(message) {
    const answer = message.answers ? `${message.answers}:${message.ordinal}` : null;
    const known = this.#shown.get(message.id) ?? this.#shown.get(answer) ?? this.#own(message) ?? this.#provisional(message);
    if (known) {
      this.#shown.set(message.id, known);
      this.#tongue(known, message);
      return false;
    }
    const element = this.#draw(message);
    if (message.id) this.#shown.set(message.id, element);
    if (answer) this.#shown.set(answer, element);
    if (!message.id && !answer) element.dataset.provisional = message.text;
    this.#append(element, message.author === "resident");
    return true;
  }

  // Shows what the visitor wrote before the server has it.
  write(entry) {
    const element = this.#draw({ author: "resident", text: entry.text, pictures: entry.pictures, time: entry.time, language: null });
    element.append(this.#made("p", "state"));
    element.dataset.text = entry.text;
    element.setAttribute("aria-live", "off"); // who wrote it need not be told
    this.#pending.set(entry.id, element);
    this.#append(element, true);
  }

  state(entry, state) {
    const element = this.#pending.get(entry.id);
    if (!element) return;
    element.dataset.state = state;
    const line = element.querySelector(".state");
    line.dataset.word = state;
    this.#fill(line);
    if (state === "refused") this.#pending.delete(entry.id);
  }

  // The server has it; `message` says under which id, unless it only could put it aside for now.
  confirm(entry, message) {
    const element = this.#pending.get(entry.id);
    this.state(entry, "received");
    if (!element || !message?.id) return;
    this.#pending.delete(entry.id);
    this.#shown.set(message.id, element);
    this.#tongue(element, message);
  }

  // What the visitor wrote is in no language until the server has heard it.
  #tongue(element, { language }) {
    if (language) element.querySelector(".text").lang = language;
  }

  // The visitor's own words came back on the line before, or instead of, the answer to their sending.
  #own(message) {
    if (message.author !== "resident") return null;
    for (const [id, element] of this.#pending) {
      if (element.dataset.text !== message.text) continue;
      this.state({ id }, "received");
      this.#pending.delete(id);
      return element;
    }
    return null;
  }

  // Shown from the answer to a message that was put aside: it has no id until the store is back.
  #provisional(message) {
    if (message.author !== "system") return null;
    for (const element of this.#log.querySelectorAll("[data-provisional]")) {
      if (element.dataset.provisional !== message.text) continue;
      delete element.dataset.provisional;
      return element;
    }
    return null;
  }

  #draw(message) {
    const element = this.#made("article", `message ${message.author}${message.alert ? " alert" : ""}`);
    element.append(this.#from(message), this.#text(message));
    return element;
  }

  #from(message) {
    const line = this.#made("p", "from");
    const name = this.#made("b", "");
    name.dataset.word = WHO[message.author](message);
    if (message.responder) name.dataset.name = message.responder;
    this.#fill(name);
    const time = this.#made("time", "");
    time.dateTime = message.time;
    this.#fill(time);
    line.append(name, " ", time);
    return line;
  }

  #text(message) {
    const body = message.services?.length ? cards(message, this.#tools()) : this.#plain(message);
    body.dir = "auto";
    if (message.language) body.lang = message.language;
    return body;
  }

  #plain(message) {
    const body = this.#made("p", "text");
    if (!message.text && message.pictures) {
      body.dataset.word = "photo";
      this.#fill(body);
      return body;
    }
    const found = message.author === "resident" ? [{ text: message.text }] : pieces(message.text);
    body.append(...found.map((piece) => (piece.href ? this.#link(piece) : piece.text)));
    return body;
  }

  #tools() {
    return { made: (kind, names) => this.#made(kind, names), link: (piece) => this.#link(piece), fill: this.#fill };
  }

  #link({ text, href }) {
    const link = this.#made("a", "");
    link.href = href;
    link.textContent = text;
    link.rel = "noreferrer"; // and so noopener
    if (!href.startsWith("tel:")) link.target = "_blank";
    return link;
  }

  #made(kind, names) {
    const element = document.createElement(kind);
    if (names) element.className = names;
    return element;
  }

  #append(element, own) {
    const follow = own || this.#atEnd();
    this.#log.append(element);
    if (!follow) this.#newer.hidden = false;
    else if (!this.#backToFirstAlert()) this.#toEnd();
  }

  // Of several alerts the first, which is in the visitor's language, must not be pushed out of sight by the others.
  #backToFirstAlert() {
    let first = this.#log.lastElementChild;
    if (!first.classList.contains("alert")) return false;
    while (first.previousElementSibling?.classList.contains("alert")) first = first.previousElementSibling;
    if (this.#log.scrollHeight - first.offsetTop <= this.#log.clientHeight) return false;
    first.scrollIntoView({ block: "start" });
    this.#newer.hidden = this.#atEnd();
    return true;
  }

  #atEnd() {
    return nearEnd(this.#log);
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#log.lastElementChild.scrollIntoView({ block: "nearest" }); // where the whole page scrolls: large zoom
    this.#newer.hidden = true;
  }
}

const WHO = {
  resident: () => "you",
  bot: () => "bot",
  system: () => "system",
  responder: (message) => (message.responder ? "responder" : "responder_unnamed"),
};
