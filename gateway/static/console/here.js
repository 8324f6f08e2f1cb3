// Signs of life: says every ten seconds that this page is open, and that its reader writes.
const EVERY = 10000;
let wrote = false;
let last = -EVERY;

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
    await fetch(document.body.dataset.here, { method: "POST", body: form, headers });
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
  document.body.addEventListener("live-beat", due);
  addEventListener("pageshow", say);
}
