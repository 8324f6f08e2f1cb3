// What all parts of the chat page share: its elements, the words of the present language, and what happens.
// A part is a module with `start()`; it is one line in frame.js. Parts know of each other only what is told here:
//   write {text}, beside {entry, state, answer}, wrote, writing {name}, heard {message}, message {message, fresh}, refused {text},
//   language {language, chosen}, opened {focus}, closed, moved, online, offline, awake, leave, leaving.

import * as kept from "./kept.js";
import { nearEnd } from "./thread.js";
import { known, say } from "./words.js";

const root = document.documentElement;
const listeners = new Map();
let quiet = 0;
let spoken = kept.read("language") ?? known(root.lang) ?? "en";

export const at = (id) => document.getElementById(id);

// ---- what happens ----

export function on(event, listener) {
  listeners.set(event, [...(listeners.get(event) ?? []), listener]);
}

export function emit(event, facts = {}) {
  listeners.get(event)?.forEach((listener) => listener(facts));
}

// ---- words ----

export function language() {
  return spoken;
}

export function word(key, values) {
  return say(spoken, key, values);
}

// Puts the words of the present language into an element that names them.
export function fill(element) {
  const { word: key, wordLabel, wordTitle, name, count, ours } = element.dataset;
  if (key) element.textContent = word(key, { name, count });
  if (ours) element.lang = spoken;
  if (wordLabel) element.setAttribute("aria-label", word(wordLabel) + (name ? `: ${name}` : ""));
  if (wordTitle) element.title = word(wordTitle);
  if (element.dataset[spoken]) element.textContent = element.dataset[spoken];
  if (element.dateTime) element.textContent = clock(element.dateTime);
}

export function speak(next, chosen = false) {
  spoken = next;
  root.lang = next;
  document.title = word("frame_title");
  quietly(() => document.querySelectorAll("[data-word], [data-word-label], [data-word-title], [data-en], time").forEach(fill));
  at("language").lang = next === "en" ? "es" : "en";
  emit("language", { language: next, chosen });
}

// What is put in now is no news: the same messages in other words, or what was said before a reload.
export async function quietly(change) {
  quiet += 1;
  at("log").setAttribute("aria-busy", "true");
  await change();
  quiet -= 1;
  if (!quiet) at("log").setAttribute("aria-busy", "false");
}

function clock(time) {
  return new Intl.DateTimeFormat(`${spoken}-US`, { hour: "numeric", minute: "2-digit" }).format(new Date(time));
}

// ---- the end of the messages, where a reader stays who is there ----

export function atEnd(change) {
  const log = at("log");
  const end = nearEnd(log);
  change();
  if (end) log.scrollTop = log.scrollHeight;
  return end;
}

// ---- the one line that says what is going on ----

export function note(key = null) {
  const status = at("status");
  if (status.dataset.word === key) return;
  if (key) status.dataset.word = key;
  else delete status.dataset.word;
  status.textContent = key ? word(key) : "";
}

// Takes a note back where it still stands.
export function noMore(key) {
  if (at("status").dataset.word === key) note();
}
