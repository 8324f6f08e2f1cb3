// One thread: keeps the draft, the place on the page and what was open while the rest is drawn anew.
import { keepSoon, stopKeeping } from "./reply.js";
import { count } from "./segments.js";
import { say } from "./words.js";

const opened = new Set();
let problem = null;
let atEnd = true;

const byId = (id) => document.getElementById(id);

function nearEnd() {
  return window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
}

// Whoever reads at the end goes on reading there when more comes in.
export function withMore(add) {
  const end = nearEnd();
  add();
  if (end) window.scrollTo({ top: document.documentElement.scrollHeight });
}

function showCost() {
  const place = byId("segments");
  const text = byId("text").value;
  if (place.dataset.channel !== "sms") {
    place.textContent = text ? say("characters", { count: [...text].length }) : "";
    return;
  }
  const cost = count(text);
  place.textContent = text ? say(cost.segments === 1 ? "one_text" : "texts", { ...cost, count: cost.segments }) : "";
}

function grow() {
  const field = byId("text");
  field.rows = Math.min(8, Math.max(2, field.value.split("\n").length, Math.ceil(field.value.length / 42)));
}

function typed() {
  const { draft } = byId("reply").dataset;
  const text = byId("text").value;
  if (text) sessionStorage.setItem(draft, text);
  else sessionStorage.removeItem(draft);
  keepSoon();
  showCost();
  grow();
}

function match() {
  const thread = byId("thread");
  if (!thread) return; // locked meanwhile
  const { mine, canText, canLower, level } = thread.dataset;
  byId("reply").hidden = canText !== "1";
  byId("finish").hidden = mine !== "1";
  byId("lower-place").hidden = canLower !== "1";
  byId("lower-level").querySelector("[value=urgent]").hidden = level === "urgent";
}

// Nothing may happen between this and restore(): the page sets htmx's settling to no delay, so that a touch of that
// moment is not undone and a second answer cannot come between.
function remember() {
  atEnd = nearEnd();
  opened.clear();
  document.querySelectorAll("#thread details[open]").forEach((each) => opened.add(each.id));
}

function restore() {
  opened.forEach((id) => byId(id)?.setAttribute("open", ""));
  // What was refused must stay to be read, although the page reads itself again at once.
  const found = byId("problem");
  if (found) problem = { html: found.cloneNode(true), until: performance.now() + 8000 };
  else if (problem && performance.now() < problem.until) document.querySelector("#thread .state").after(problem.html.cloneNode(true));
  match();
  if (atEnd) window.scrollTo({ top: document.documentElement.scrollHeight });
}

function lowered(event) {
  if (event.target.id !== "lower" || event.detail.xhr.status !== 200) return;
  event.target.reset();
  byId("lower-sheet").removeAttribute("open");
}

// A ready reply leaves alone what was begun in the field; its places are emptied for the next.
function sent(event) {
  if (event.target.id !== "reply" || event.detail.xhr.status !== 200) return;
  problem = null;
  if (event.detail.requestConfig.formData.has("pair")) {
    byId("pairs").removeAttribute("open");
    byId("pairs").querySelectorAll("input").forEach((each) => (each.value = ""));
  } else {
    byId("text").value = "";
    typed();
    stopKeeping();
  }
  window.scrollTo({ top: document.documentElement.scrollHeight });
}

function noted(event) {
  if (event.target.id !== "note" || event.detail.xhr.status !== 200) return;
  event.target.reset();
  byId("noting").removeAttribute("open");
}

// An owner reads on at the end; somebody who decides whether to claim sees first what it is about. A link to one message
// leads there.
function start() {
  if (byId("problem")) return;
  const { mine, evidence } = byId("thread").dataset;
  const asked = location.hash.startsWith("#message-") && byId(location.hash.slice(1));
  if (asked) asked.scrollIntoView({ block: "center" });
  else if (mine === "1") window.scrollTo({ top: document.documentElement.scrollHeight });
  else byId(`message-${evidence}`)?.scrollIntoView({ block: "center" });
}

export function setUp() {
  if (!byId("reply")) return;
  const field = byId("text");
  // What stands here still was typed here last and never reached the server: it is newer than the draft kept there.
  const unsaved = sessionStorage.getItem(byId("reply").dataset.draft);
  if (unsaved !== null && !byId("problem")) {
    field.value = unsaved;
    keepSoon();
  }
  field.addEventListener("input", typed);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("reply").requestSubmit();
  });
  byId("resolve-sheet").addEventListener("toggle", (event) => {
    if (event.target.open) byId("disposition").focus();
  });
  byId("lower-sheet").addEventListener("toggle", (event) => {
    if (event.target.open) byId("lower-level").focus();
  });
  document.body.addEventListener("htmx:beforeSwap", remember);
  document.body.addEventListener("htmx:afterSettle", restore);
  byId("reply").addEventListener("submit", stopKeeping);
  document.body.addEventListener("htmx:afterRequest", sent);
  document.body.addEventListener("htmx:afterRequest", lowered);
  document.body.addEventListener("htmx:afterRequest", noted);
  byId("noting").addEventListener("toggle", (event) => {
    if (event.target.open) byId("note-text").focus();
  });
  showCost();
  grow();
  match();
  start();
}
