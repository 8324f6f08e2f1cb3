// Keeps the page true: listens to the server, reads what changed, and says so when it cannot.
import { forgetNewest, placeNewest } from "./newest.js";
import { begin, end, fail, isOnItsWay, mustAskAgain, owedFor } from "./owed.js";
import { forget, placeRows } from "./rows.js";
import { ring } from "./sound.js";
import { say } from "./words.js";

const NOT_LIVE_AFTER = 9000; // beats come every 4 s; the promise is "within 10 s"
const RECONNECT_EVERY = 2000;
const POLL_EVERY = 4000;
const LATE = 6000; // a beat that is only a little late is waited for: to read everything draws everything anew
const LONGEST_PRESS = 1500;
const AFTER_PRESS = 60; // on a phone the click comes a moment after the finger
const TOGETHER = 100; // the first change is read at once, what follows so shortly after it is read together
const REST_AFTER = 300; // what was just said is shown first: it must not wait for all the rest of its page
const REST_AT_LAST = 2000;
const INBOX_AFTER = 150; // what was written comes first
const INBOX_EVERY = 5000; // where nothing asks for this person by name
const AWAY = 30000; // after so long the server may have forgotten what was missed
const READINGS = "[hx-trigger^=read-again]"; // what a page reads by itself
const RUNG = "alarms-known";
const RUNG_FOR = 120000;

const body = document.body;
const byId = (id) => document.getElementById(id);
let source = null;
let lastTrue = performance.now();
let known = null;
let lastPoll = 0;
let posting = 0;
let pressing = null;
let reading = 0;
let title = document.title;
let changed = new Set();
let meanwhile = new Set();
let everything = false;
let lastRead = 0;
let readSoon = null;
let restSoon = null;
let restSince = 0;
let inboxRead = 0;
let inboxSoon = null;
let inboxLate = false;

// The newest reading wins: one that began before the change would draw what is no longer true, and htmx forgets a
// request that waits on an element which is drawn anew meanwhile.
function stopReading() {
  document.querySelectorAll(READINGS).forEach((each) => window.htmx.trigger(each, "htmx:abort"));
}

function forgetAll() {
  stopReading();
  forget();
  forgetNewest();
  clearTimeout(restSoon);
  restSince = 0;
}

function readNow() {
  if (posting) return;
  if (pressing) {
    everything = true;
    return;
  }
  forgetAll();
  changed = new Set();
  meanwhile = new Set();
  everything = false;
  end("unread");
  window.htmx.trigger(body, "read-again");
}

function readAgain() {
  everything = true;
  soon();
}

// A press that is never answered must not hide that what changed was not read.
function wait() {
  if (!isOnItsWay("unread")) begin("unread", "live");
}

// The leading edge at once: whoever waits for a danger to show waits for no timer.
function soon() {
  if (posting || pressing) return wait();
  if (readSoon) return;
  const rest = Math.max(0, lastRead + TOGETHER - performance.now());
  if (rest) readSoon = setTimeout(read, rest);
  else read();
}

function read() {
  readSoon = null;
  if (posting || pressing) return wait();
  lastRead = performance.now();
  if (everything) return readNow();
  end("unread");
  const ids = [...changed];
  changed = new Set();
  const queue = byId("queue");
  if (queue && ids.length) readRows(queue, ids);
  const thread = byId("thread");
  if (thread && ids.includes(Number(thread.dataset.escalation))) readThread();
  const news = byId("handoff-news");
  if (news && (!news.dataset.escalation || ids.includes(Number(news.dataset.escalation)))) readThis(news);
}

function readRows(queue, ids) {
  // A whole queue that is on its way is older than these, and is drawn over them.
  if (isOnItsWay("queue")) ids.forEach((id) => meanwhile.add(id));
  begin("rows", "queue");
  reading += 1;
  placeRows(queue, ids).then((status) => {
    reading -= 1;
    if (status === 200) end("rows");
    if (status !== null) take(status);
  });
}

function take(status) {
  if (status === 200) beat();
  else if (status === 401) lock();
  else readAgain();
}

function readThis(each) {
  window.htmx.trigger(each, "htmx:abort");
  window.htmx.trigger(each, "read-this");
}

function readThread() {
  restSince ||= performance.now();
  // A thread that changes all the time is read as a whole all the same.
  if (performance.now() - restSince > REST_AT_LAST) return readRest();
  clearTimeout(restSoon);
  window.htmx.trigger(byId("thread"), "htmx:abort");
  begin("newest", "thread");
  reading += 1;
  placeNewest().then((status) => {
    reading -= 1;
    if (status === null) return;
    if (status === 200) {
      end("newest");
      readRestSoon();
    }
    take(status);
  });
}

function readRestSoon() {
  clearTimeout(restSoon);
  restSoon = setTimeout(readRest, REST_AFTER);
}

function readRest() {
  clearTimeout(restSoon);
  restSince = 0;
  const thread = byId("thread");
  if (!thread) return; // locked meanwhile
  if (posting || pressing) everything = true;
  else readThis(thread);
}

function hearChange(ids) {
  if (ids === "all") everything = true;
  else ids.forEach((id) => changed.add(id));
  soon();
  readInbox(INBOX_EVERY);
  body.dispatchEvent(new Event("live-change"));
}

function readInbox(atMostEvery) {
  if (inboxSoon && atMostEvery) return;
  clearTimeout(inboxSoon);
  const wait = Math.max(0, inboxRead + atMostEvery - performance.now());
  inboxSoon = setTimeout(() => {
    inboxSoon = null;
    if (pressing) return (inboxLate = true);
    inboxRead = performance.now();
    const inbox = byId("inbox");
    if (inbox) readThis(inbox);
  }, wait);
}

// What is under a finger stays there until the finger is gone: a button that is drawn anew, or slips away, between the
// two halves of a press is not pressed at all.
function press() {
  clearTimeout(pressing);
  pressing = setTimeout(letGo, LONGEST_PRESS);
  if (!reading) return;
  everything = true;
  forgetAll();
}

function lift() {
  if (!pressing) return;
  clearTimeout(pressing);
  pressing = setTimeout(letGo, AFTER_PRESS);
}

function letGo() {
  pressing = null;
  if (everything || changed.size) soon();
  if (inboxLate) readInbox(0);
  inboxLate = false;
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

// Its own readings count, each until the next: who looks something up beside a thread has not read the thread.
function beginReading({ detail: { requestConfig } }) {
  if (requestConfig.verb !== "get") return;
  reading += 1;
  // The inbox is read anew at every refusal of a stream, so it may never end: it keeps no page from being called live.
  if (requestConfig.elt.matches(READINGS) && requestConfig.elt.id !== "inbox") begin(requestConfig.elt.id);
}

function endReading({ detail: { requestConfig, xhr } }) {
  if (requestConfig.verb !== "get") return;
  reading -= 1;
  const { id } = requestConfig.elt;
  if (!requestConfig.elt.matches(READINGS)) return;
  if (xhr.status === 0 || xhr.status === 429 || xhr.status >= 500) return fail(id);
  [id, { queue: "rows", thread: "newest" }[id]].forEach(end);
  // The inbox stands on every page: alone it says nothing of what else stands there.
  if (xhr.status < 400 && (id !== "inbox" || document.querySelectorAll(READINGS).length === 1)) beat();
  if (id !== "queue" || !meanwhile.size) return;
  meanwhile.forEach((each) => changed.add(each));
  meanwhile = new Set();
  soon();
}

function beat() {
  lastTrue = performance.now();
  body.dispatchEvent(new Event("live-beat"));
  show(owedFor() < NOT_LIVE_AFTER);
}

function show(live) {
  const bar = byId("not-live");
  byId("live").classList.toggle("on", live);
  byId("live-word").textContent = say(live ? "live" : "not_live");
  if (!live && bar.hidden) {
    bar.textContent = bar.dataset.text;
    bar.hidden = false;
    ring("not-live");
  }
  if (live && !bar.hidden) bar.hidden = true;
}

// Whoever was away for long, or is not known, reads everything; else what was missed comes by itself.
function greet({ whole }) {
  const away = performance.now() - lastTrue > AWAY;
  if (whole || away) readAgain();
}

function connect() {
  source?.close();
  source = new EventSource(body.dataset.events);
  const hears = (name, then) => source.addEventListener(name, (event) => then(event.data && JSON.parse(event.data)));
  hears("hello", greet);
  hears("beat", beat);
  hears("rows", ({ ids }) => hearChange(ids));
  hears("gone", ({ ids }) => hearChange(ids));
  hears("thread", ({ ids }) => hearChange(ids));
  // A stream that ends may have ended with the log-in: then lock at once.
  source.addEventListener("error", () => readInbox(0));
  hears("inbox", () => setTimeout(readInbox, INBOX_AFTER, 0));
  hears("told", () => body.dispatchEvent(new Event("live-change")));
  hears("alarms", hear);
}

function watch() {
  if (Math.max(performance.now() - lastTrue, owedFor()) > NOT_LIVE_AFTER) show(false);
}

// The server closes a stream for good when there are too many of them: then this page asks by itself.
function mend() {
  if (source?.readyState === EventSource.CLOSED) connect();
}

function poll() {
  const now = performance.now();
  const late = now - lastTrue >= LATE || mustAskAgain();
  if (!late || now - lastPoll < POLL_EVERY) return;
  lastPoll = now;
  readNow();
}

// What waits now, against what waited before: a new one, one whose level rose, or one that fell silent rings and is
// named; an urgent broadcast rings once, and its bar stays until it is read.
function hear({ waiting, alerted, silent = [], told = {} }) {
  const order = ["none", "routine", "urgent", "emergency"];
  const before = known ?? rungBefore();
  known = { waiting, alerted, silent, told };
  sessionStorage.setItem(RUNG, JSON.stringify({ at: Date.now(), known }));
  const ids = Object.keys(waiting);
  if (byId("inbox") && byId("inbox").dataset.told !== Object.keys(told).join(" ")) readInbox(0);
  title = title.replace(/^\(\d+\) /, "");
  document.title = ids.length ? `(${ids.length}) ${title}` : title;
  if (before === null) return;
  const fresh = ids.filter((id) => order.indexOf(waiting[id]) > order.indexOf(before.waiting[id] ?? ""));
  const danger = alerted.filter((id) => !before.alerted.includes(id));
  const quiet = silent.filter((id) => !before.silent.includes(id));
  const calls = Object.keys(told).filter((id) => !(id in (before.told ?? {})));
  if (fresh.length) {
    const worst = fresh.sort((a, b) => order.indexOf(waiting[b]) - order.indexOf(waiting[a]))[0];
    announce(worst, waiting[worst], say("new_waiting", { level: say(`level_${waiting[worst]}`) }));
  } else if (danger.length) {
    announce(danger[0], "emergency", say(danger[0] in waiting ? "look_now" : "new_danger"));
  } else if (quiet.length) {
    announce(quiet[0], "urgent", say("stopped_writing"));
  } else if (calls.length) {
    tellOf(calls.some((id) => told[id]));
  } else if (!ids.length) {
    byId("news").hidden = true;
  }
}

// What the page before this one knew, in the same tab: a danger that comes between the two rings all the same.
function rungBefore() {
  const kept = JSON.parse(sessionStorage.getItem(RUNG) ?? "null");
  return kept && Date.now() - kept.at < RUNG_FOR ? kept.known : null;
}

function tellOf(urgent) {
  if (urgent) ring("urgent");
  callOut(say(urgent ? "urgent_broadcast" : "broadcast"));
}

function callOut(words) {
  byId("said").textContent = words;
  document.title = `${words} · ${document.title}`;
  setTimeout(() => {
    const count = Object.keys(known.waiting).length;
    document.title = count ? `(${count}) ${title}` : title;
  }, 8000);
}

function announce(id, level, words) {
  ring(level);
  callOut(words);
  const here = byId("thread")?.dataset.escalation === String(id);
  if (byId("queue") || here) return;
  const link = byId("news-link");
  link.href = `/console/threads/${id}`;
  link.textContent = words;
  byId("news").hidden = false;
}

// The log-in ended or the screen was idle for 30 minutes: hide what residents wrote, keep listening for alarms.
function lock() {
  byId("main").replaceChildren();
  byId("locked").hidden = false;
  byId("unlock").focus();
}

export function setUp() {
  title = document.title;
  body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) lock();
  });
  body.addEventListener("htmx:beforeRequest", beginPost);
  body.addEventListener("htmx:afterRequest", endPost);
  body.addEventListener("htmx:beforeRequest", beginReading);
  body.addEventListener("htmx:afterRequest", endReading);
  document.addEventListener("pointerdown", press, true);
  document.addEventListener("pointerup", lift, true);
  document.addEventListener("pointercancel", lift, true);
  // htmx begins when the last script of the page was read: what is asked of it before that is lost without a word.
  document.addEventListener("DOMContentLoaded", connect);
  setInterval(watch, 500);
  setInterval(mend, RECONNECT_EVERY);
  setInterval(poll, 1000);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // a page from the browser's memory is an old page
  });
}
