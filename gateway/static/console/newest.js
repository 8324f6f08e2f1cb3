// Puts what was just said at the end of a thread at once, before all the rest of the page is read anew.
import { withMore } from "./thread.js";

let asked = 0;

const byId = (id) => document.getElementById(id);

function draw(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = [...holder.content.children].filter((each) => !byId(each.id));
  if (!fresh.length) return;
  withMore(() => byId("messages").append(...fresh));
  fresh.forEach((each) => window.htmx.process(each));
  byId("thread").dataset.last = fresh.at(-1).id.replace("message-", "");
  document.body.dispatchEvent(new Event("newest"));
}

// The thread is read as a whole: what is on its way is older.
export function forgetNewest() {
  asked += 1;
}

// The HTTP status; 0 when nothing was answered, null when another reading has begun since.
export async function placeNewest() {
  const { newest, last } = byId("thread").dataset;
  if (!newest) return 200; // an older part of a long thread
  const mine = ++asked;
  const there = new URL(newest, location.href);
  there.searchParams.set("after", last);
  try {
    const answer = await fetch(there, { headers: { "X-Background": "1", "HX-Request": "true" } });
    const html = await answer.text();
    if (mine !== asked) return null;
    if (answer.ok && byId("messages")) draw(html);
    return answer.status;
  } catch {
    return mine === asked ? 0 : null;
  }
}
