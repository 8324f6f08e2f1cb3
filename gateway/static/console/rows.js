// Puts rows that changed into their place in the queue, without drawing the others anew.
const SECTIONS = ["waiting", "mine", "others"];
const MOST_IDS = 200;
let reading = 0;
let drawnLast = 0;
let whole = 0;

const byId = (id) => document.getElementById(id);

function insert(list, row) {
  const order = (each) => each.querySelector("a").dataset.order;
  const after = [...list.children].find((each) => order(each) > order(row));
  list.insertBefore(row, after ?? null);
}

function count(name, number) {
  byId(`count-${name}`).textContent = number;
  const section = byId(`rows-${name}`).closest("section");
  if (name === "waiting") byId("nobody").hidden = Number(number) > 0;
  else section.hidden = Number(number) === 0;
}

function draw(queue, ids, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const changes = holder.content.getElementById("changes");
  const focused = document.activeElement?.closest(".row a")?.id;
  ids.forEach((id) => byId(`row-${id}`)?.closest("li").remove());
  SECTIONS.forEach((name) => {
    changes.querySelectorAll(`[data-section=${name}] > li`).forEach((row) => {
      insert(byId(`rows-${name}`), row);
    });
    count(name, changes.dataset[name]);
  });
  // Who walks the queue by keyboard keeps their place although its row was drawn anew.
  if (focused && document.activeElement === document.body) byId(focused)?.focus({ preventScroll: true });
  queue.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true, detail: {} }));
}

// The whole queue is read anew: what is on its way is older.
export function forget() {
  whole += 1;
}

// The HTTP status; 0 when nothing was answered, null when the whole queue was asked for since. Of two readings at once
// the one that began later is drawn last.
export async function placeRows(queue, ids) {
  if (ids.length > MOST_IDS) return 413;
  const mine = ++reading;
  const of = whole;
  const there = new URL(queue.dataset.rows, location.href);
  there.searchParams.set("ids", ids.join(","));
  try {
    const answer = await fetch(there, { headers: { "X-Background": "1", "HX-Request": "true" } });
    const html = await answer.text();
    const now = byId("queue");
    if (of !== whole) return null;
    if (answer.ok && now) {
      if (mine < drawnLast) return 409;
      drawnLast = mine;
      draw(now, ids, html);
    }
    return answer.status;
  } catch {
    return of === whole ? 0 : null;
  }
}
