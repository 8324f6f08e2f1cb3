// The chat page: puts the parts together. What the visitor needs in danger stands in the page before any of this runs.

import * as kept from "./kept.js";
import { Line } from "./line.js";
import { Outbox } from "./outbox.js";
import * as parent from "./parent.js";
import { Thread } from "./thread.js";
import { known, say } from "./words.js";

const LONGEST = 1600;
const WARN_BELOW = 200;
const SLOW_AFTER = 20_000;

const root = document.documentElement;
const at = (id) => document.getElementById(id);
const [log, input, status, count] = ["log", "input", "status", "count"].map(at);

let language = kept.read("language") ?? known(root.lang) ?? "en";
let open = !parent.framed;
let unread = 0;
let slowTimer = null;

// ---- words ----

function fill(element) {
  const { word, wordLabel, wordTitle, name } = element.dataset;
  if (word) element.textContent = say(language, word, { name });
  if (wordLabel) element.setAttribute("aria-label", say(language, wordLabel));
  if (wordTitle) element.title = say(language, wordTitle);
  if (element.dataset[language]) element.textContent = element.dataset[language];
  if (element.dateTime) element.textContent = clock(element.dateTime);
}

function clock(time) {
  return new Intl.DateTimeFormat(`${language}-US`, { hour: "numeric", minute: "2-digit" }).format(new Date(time));
}

function speak(next) {
  language = next;
  root.lang = next;
  document.title = say(next, "frame_title");
  log.setAttribute("aria-busy", "true"); // the same messages in other words are no news
  document.querySelectorAll("[data-word], [data-word-label], [data-word-title], [data-en], time").forEach(fill);
  at("language").lang = next === "en" ? "es" : "en";
  log.setAttribute("aria-busy", "false");
  measure();
}

// ---- what is going on ----

function note(word = null) {
  if (status.dataset.word === word) return;
  if (word) status.dataset.word = word;
  else delete status.dataset.word;
  status.textContent = word ? say(language, word) : "";
}

function expectAnswer(expected) {
  clearTimeout(slowTimer);
  slowTimer = expected ? setTimeout(() => note("slow"), SLOW_AFTER) : null;
  if (!expected && status.dataset.word === "slow") note();
}

function connection() {
  if (!navigator.onLine) note("offline");
  else if (status.dataset.word === "offline") note();
}

// ---- messages ----

const thread = new Thread(log, at("newer"), fill);

function hear(message) {
  const fresh = thread.hear(message);
  if (message.author === "resident") return;
  expectAnswer(false);
  if (fresh && !open) parent.tell("unread", { count: ++unread });
}

function told(entry, state, answer) {
  if (state !== "received") {
    thread.state(entry, state);
    if (state === "refused" && !input.value) keepDraft(entry.text);
    return;
  }
  thread.confirm(entry, answer.message);
  expectAnswer(answer.message.answer_expected);
  answer.replies.forEach(hear);
  line.start();
}

const outbox = new Outbox(told);
const line = new Line(hear, () => {
  kept.write("token", null);
  outbox.flush();
});

function send(event) {
  event.preventDefault();
  const text = input.value.trim();
  if (!text || [...text].length > LONGEST) return input.focus();
  thread.write(outbox.add(text, language));
  keepDraft("");
  input.focus();
  outbox.hurry();
}

async function resume() {
  input.value ||= kept.read("draft", ""); // a fast writer may have begun before this script
  if (kept.read("token")) {
    log.setAttribute("aria-busy", "true"); // what was said before the reload is not announced again
    await line.catchUp().catch(() => connection());
    line.start();
  }
  outbox.entries.forEach((entry) => thread.write(entry));
  log.setAttribute("aria-busy", "false");
  outbox.flush();
}

// ---- the field ----

function keepDraft(text) {
  input.value = text;
  kept.write("draft", text);
  measure();
}

function measure() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
  const left = LONGEST - [...input.value].length;
  count.textContent = left < 0 ? say(language, "too_long", { count: -left }) : left < WARN_BELOW ? String(left) : "";
  input.setAttribute("aria-invalid", String(left < 0));
}

// ---- leaving ----

function leave() {
  kept.forget();
  document.body.replaceChildren();
  const away = root.dataset.away;
  if (!parent.tell("leave", { away })) return location.replace(away);
  setTimeout(() => window.top.location.replace(away), 300); // for a page around us that does not do as told
}

function shut() {
  if (parent.framed) parent.tell("close");
}

// ---- start ----

at("form").addEventListener("submit", send);
input.addEventListener("input", () => (kept.write("draft", input.value), measure()));
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
});
document.addEventListener("keydown", (event) => event.key === "Escape" && shut());
at("leave").addEventListener("click", leave);
at("close").addEventListener("click", shut);
at("close").hidden = !parent.framed;
at("language").addEventListener("click", () => {
  speak(language === "en" ? "es" : "en");
  kept.write("language", language);
  parent.tell("language", { language });
});
window.addEventListener("online", () => (connection(), line.hurry(), outbox.hurry()));
window.addEventListener("offline", connection);
parent.listen({
  opened: (message) => {
    open = true;
    unread = 0;
    if (message.focus) input.focus();
  },
  closed: () => (open = false),
});

speak(language);
connection();
resume();
