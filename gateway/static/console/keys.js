// The keyboard: through the queue and back, claim, write. Silent while somebody types.
const byId = (id) => document.getElementById(id);
let before = null;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function step(by) {
  const links = [...document.querySelectorAll("#queue .row a, #board .breach h3 a")];
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, here < 0 ? 0 : here + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function open(id) {
  const details = byId(id);
  if (!details) return;
  details.open = !details.open;
  details.querySelector("summary").focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  c: () => byId("act-claim")?.focus(),
  r: () => byId("text")?.focus(),
  f: () => open("filters"),
  "?": () => open("keys"),
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || !byId("locked").hidden) return;
  const together = before === "g" ? event.key : null;
  before = event.key;
  if (together === "q") return byId("home").click();
  if (together === "b") return document.querySelector(".menu a[href$='/board']")?.click();
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

export function setUp() {
  document.addEventListener("keydown", press);
}
