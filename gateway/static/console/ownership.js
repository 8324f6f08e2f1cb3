// Shows what may be done with a thread as it is now: who owns it may have changed since the page was drawn.
import { ring } from "./sound.js";

const byId = (id) => document.getElementById(id);

function match() {
  const whose = byId("whose");
  if (!whose) return;
  const { status, mine } = whose.dataset;
  const show = (id, shown) => {
    if (byId(id)) byId(id).hidden = !shown;
  };
  show("supervise-place", status === "claimed" && mine !== "1");
  show("assign-place", status === "waiting");
  show("listen", !byId("attending"));
  show("join", !byId("attending") || byId("attending").dataset.kind === "listening");
}

// A sheet whose act was done has done its work.
function done(event) {
  const sheet = event.target.matches("form") && event.target.closest("#pass-sheet, #take-over-sheet, #assign-sheet");
  if (!sheet || event.detail.xhr.status !== 200) return;
  event.target.reset();
  sheet.removeAttribute("open");
}

// Whoever reads a long thread is warned before it goes back: half of the time is left then.
const read = new WeakMap();
let rung = false;

function warn() {
  const bar = byId("answer-soon");
  if (!bar) {
    rung = false;
    return;
  }
  if (!read.has(bar)) read.set(bar, performance.now());
  const left = Math.ceil(bar.dataset.left - (performance.now() - read.get(bar)) / 1000);
  bar.hidden = left > bar.dataset.limit / 2;
  bar.querySelector(".left").textContent = Math.max(0, left);
  if (bar.hidden || rung) return;
  rung = true;
  ring("urgent");
}

match();
warn();
setInterval(warn, 1000);
document.body.addEventListener("htmx:afterSettle", match);
document.body.addEventListener("htmx:afterRequest", done);
