// Starts the console's page: the clock of each wait, the town's times, the sound, the live view and the thread.
import { setUp as setUpAsked } from "./asked.js";
import { setUp as setUpHere } from "./here.js";
import { setUp as setUpKeys } from "./keys.js";
import { setUp as setUpLive } from "./live.js";
import { setUp as setUpSound } from "./sound.js";
import { setUp as setUpThread } from "./thread.js";
import { setUp as setUpWriting } from "./writing.js";

const two = (number) => String(number).padStart(2, "0");

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))}`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

// The server sends ages, not moments: a phone whose clock is wrong still shows the right wait.
const read = new WeakMap();

function tick() {
  document.querySelectorAll("[data-age]").forEach((each) => {
    if (!read.has(each)) read.set(each, performance.now());
    const words = span(Number(each.dataset.age) + Math.floor((performance.now() - read.get(each)) / 1000));
    if (each.textContent !== words) each.textContent = words;
  });
}

// Records, the rota and what residents are told go by the town's clock: so does all else, with its zone on a device
// that has another.
const { zone } = document.body.dataset;
const written = (options) => new Intl.DateTimeFormat(`${document.documentElement.lang}-US`, options);
const there = written({ timeZone: zone, dateStyle: "short", timeStyle: "short" });
const here = written({ dateStyle: "short", timeStyle: "short" });
const elsewhere = there.format(new Date()) !== here.format(new Date());
const time = { timeZone: zone, hour: "2-digit", minute: "2-digit", ...(elsewhere && { timeZoneName: "short" }) };
const today = written(time);
const thisYear = written({ month: "short", day: "numeric", ...time });
const longAgo = written({ year: "numeric", month: "short", day: "numeric", ...time });
const date = written({ timeZone: zone, dateStyle: "short" }); // its last two letters are the year, in both languages

function townTimes() {
  const now = date.format(new Date());
  document.querySelectorAll("time[datetime]").forEach((each) => {
    const at = new Date(each.dateTime);
    const then = date.format(at);
    const shown = then === now ? today : then.slice(-2) === now.slice(-2) ? thisYear : longAgo;
    each.textContent = shown.format(at);
    each.title = at.toString();
  });
}

function draw() {
  tick();
  townTimes();
}

setUpSound();
setUpThread();
setUpWriting();
setUpLive();
setUpHere();
setUpAsked();
setUpKeys();
draw();
setInterval(tick, 1000);
document.body.addEventListener("htmx:afterSettle", draw);
document.body.addEventListener("newest", draw);
document.addEventListener("DOMContentLoaded", () => (document.body.dataset.ready = "1")); // htmx is there from now on
