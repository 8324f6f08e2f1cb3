// Keeps the page true: listens to the server, reads again after each change, and says so when it cannot.
import { ring } from "./sound.js";

const NOT_LIVE_AFTER = 9000; // beats come every 4 s; the promise is "within 10 s"
const RECONNECT_EVERY = 2000;
const POLL_EVERY = 4000;
const SETTLE = 120;

const body = document.body;
let source = null;
let lastTrue = performance.now();
let wasLive = false;
let known = null;
let readAgainSoon = null;
let posting = 0;
let title = document.title;

// The newest reading wins: one that began before the change would draw what is no longer true, and htmx forgets a
// request that waits on an element which is drawn anew meanwhile.
function stopReading() {
  document.querySelectorAll("[hx-trigger^=read-again]").forEach((each) => window.htmx.trigger(each, "htmx:abort"));
}

function readNow() {
  if (posting) return;
  stopReading();
  window.htmx.trigger(body, "read-again");
}

function readAgain() {
  clearTimeout(readAgainSoon);
  readAgainSoon = setTimeout(readNow, SETTLE);
}

const isPost = (event) => event.detail.requestConfig.verb === "post";

// What a person does goes before: nothing may take the form away before its answer is there.
function beginPost(event) {
  if (!isPost(event)) return;
  posting += 1;
  stopReading();
}

function endPost(event) {
  if (!isPost(event)) return;
  posting -= 1;
  readAgain();
}

function beat() {
  lastTrue = performance.now();
  show(true);
}

function show(live) {
  const bar = document.getElementById("not-live");
  document.getElementById("live").classList.toggle("on", live);
  document.getElementById("live-word").textContent = live ? "Live" : "Not live";
  if (!live && bar.hidden) {
    bar.textContent = bar.dataset.text;
    bar.hidden = false;
    ring("not-live");
  }
  if (live && !bar.hidden) bar.hidden = true;
  if (live && !wasLive) readAgain(); // what happened while we were away
  wasLive = live;
}

function connect() {
  source?.close();
  source = new EventSource(body.dataset.events);
  source.addEventListener("beat", beat);
  source.addEventListener("changed", readAgain);
  source.addEventListener("alarms", (event) => hear(JSON.parse(event.data)));
}

function watch() {
  if (performance.now() - lastTrue > NOT_LIVE_AFTER) show(false);
}

// The server closes a stream for good when there are too many of them: then this page asks by itself.
function mend() {
  if (source.readyState === EventSource.CLOSED) connect();
}

function poll() {
  if (performance.now() - lastTrue > POLL_EVERY + 1000) readNow();
}

// What waits now, against what waited before: a new one, one whose level rose, or one that fell silent rings and is named.
function hear({ waiting, alerted, silent = [] }) {
  const order = ["none", "routine", "urgent", "emergency"];
  const before = known;
  known = { waiting, alerted, silent };
  const ids = Object.keys(waiting);
  title = title.replace(/^\(\d+\) /, "");
  document.title = ids.length ? `(${ids.length}) ${title}` : title;
  if (before === null) return;
  const fresh = ids.filter((id) => order.indexOf(waiting[id]) > order.indexOf(before.waiting[id] ?? ""));
  const danger = alerted.filter((id) => !before.alerted.includes(id));
  const quiet = silent.filter((id) => !before.silent.includes(id));
  if (fresh.length) {
    const worst = fresh.sort((a, b) => order.indexOf(waiting[b]) - order.indexOf(waiting[a]))[0];
    announce(worst, waiting[worst], `New: ${waiting[worst]} is waiting`);
  } else if (danger.length) {
    announce(danger[0], "emergency", danger[0] in waiting ? "Look now at a thread that waits" : "New danger in a thread of yours");
  } else if (quiet.length) {
    announce(quiet[0], "urgent", "A resident in danger has stopped writing");
  } else if (!ids.length) {
    document.getElementById("news").hidden = true;
  }
}

function announce(id, level, words) {
  ring(level);
  document.getElementById("said").textContent = words;
  document.title = `${words} · ${document.title}`;
  setTimeout(() => {
    const count = Object.keys(known.waiting).length;
    document.title = count ? `(${count}) ${title}` : title;
  }, 8000);
  const here = document.getElementById("thread")?.dataset.escalation === String(id);
  if (document.getElementById("queue") || here) return;
  const link = document.getElementById("news-link");
  link.href = `/console/threads/${id}`;
  link.textContent = words;
  document.getElementById("news").hidden = false;
}

// The log-in ended or the screen was idle for 30 minutes: hide what residents wrote, keep listening for alarms.
function lock() {
  document.getElementById("main").replaceChildren();
  document.getElementById("locked").hidden = false;
  document.getElementById("unlock").focus();
}

export function setUp() {
  title = document.title;
  body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) lock();
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.verb === "get") beat();
  });
  body.addEventListener("htmx:beforeRequest", beginPost);
  body.addEventListener("htmx:afterRequest", endPost);
  connect();
  setInterval(watch, 500);
  setInterval(mend, RECONNECT_EVERY);
  setInterval(poll, POLL_EVERY);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // a page from the browser's memory is an old page
  });
}
