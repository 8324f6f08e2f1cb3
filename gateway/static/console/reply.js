// Keeps what is being written on the server, so that it can be gone on with on another device, and shows its hints.
const PAUSE = 500; // ms without a key before it is kept

const byId = (id) => document.getElementById(id);
let soon = null;
let going = null;
let leaving = false;

// A page that is asked for now may have been drawn before the server kept the draft: then it is still wanted here.
addEventListener("beforeunload", () => {
  leaving = true;
});

export function keepSoon() {
  clearTimeout(soon);
  soon = setTimeout(keep, PAUSE);
}

// The reply itself goes now: a draft that came after it would stand there as if it were still to be sent.
export function stopKeeping() {
  clearTimeout(soon);
  going?.abort();
  byId("hints").replaceChildren();
}

async function keep() {
  const { keep: url, draft } = byId("reply").dataset;
  const text = byId("text").value;
  going?.abort();
  going = new AbortController();
  const body = new URLSearchParams({ csrf_token: byId("reply").elements.csrf_token.value, text });
  try {
    const answer = await fetch(url, { method: "POST", body, signal: going.signal });
    if (!answer.ok) return; // it stays in the browser, where it was put first
    const hints = await answer.text();
    if (leaving || byId("text").value !== text) return;
    sessionStorage.removeItem(draft);
    byId("hints").innerHTML = hints;
  } catch {
    // Aborted or no connection: the next key tries again.
  }
}
