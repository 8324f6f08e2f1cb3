// Signs of life: says every ten seconds that this page is open, and that its reader writes; hears which thread of
// theirs is about to go back to the queue, and rings on whatever page they are.
import { ring } from "./sound.js";

const EVERY = 10000;
let wrote = false;
let last = -EVERY;
let goesBackAt = null;
let rungFor = null;

// The thread's own page has a bar of its own (ownership.js), with a button to say "I am on it".
function warn(soon) {
  const open = document.getElementById("thread")?.dataset.escalation;
  const first = soon.find(({ id }) => String(id) !== open);
  document.getElementById("going-back").hidden = !first;
  goesBackAt = first ? performance.now() + first.left * 1000 : null;
  if (first) {
    document.getElementById("going-back-link").href = first.url;
    count();
  }
  if (first && rungFor !== first.id) ring("urgent");
  rungFor = first?.id ?? null;
}

function count() {
  if (goesBackAt === null) return;
  const left = Math.max(0, Math.ceil((goesBackAt - performance.now()) / 1000));
  document.querySelector("#going-back .left").textContent = left;
}

async function say() {
  const token = document.querySelector("input[name=csrf_token]")?.value;
  if (!token || !document.getElementById("locked").hidden) return;
  const form = new URLSearchParams({ csrf_token: token });
  const headers = {};
  const thread = document.getElementById("thread");
  if (wrote && thread) {
    form.set("acted", "1");
    form.set("escalation", thread.dataset.escalation);
  } else {
    headers["X-Background"] = "1"; // an open page alone must not keep its screen unlocked
  }
  wrote = false;
  last = performance.now();
  try {
    const answer = await fetch(document.body.dataset.here, { method: "POST", body: form, headers });
    if (answer.ok) warn((await answer.json()).soon);
  } catch {
    // The not-live bar says it.
  }
}

export function setUp() {
  if (!document.body.dataset.here) return;
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea, input[type=text], select")) wrote = true;
  });
  // A browser slows the clocks of a page that is not in front to one tick a minute, but not what comes from the server.
  const due = () => {
    if (performance.now() - last > EVERY - 500) say();
  };
  setInterval(due, EVERY / 4);
  setInterval(count, 1000);
  document.body.addEventListener("live-beat", due);
  addEventListener("pageshow", say);
}
