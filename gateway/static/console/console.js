// Starts the console's page: the clock of each wait, local times, the sound, the live view and the thread.
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

function localTimes() {
  document.querySelectorAll("time[datetime]").forEach((each) => {
    const at = new Date(each.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const day = today ? {} : { month: "short", day: "numeric" };
    each.textContent = at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
    each.title = at.toString();
  });
}

function draw() {
  tick();
  localTimes();
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
