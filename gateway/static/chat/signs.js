// Who writes now: shows that a person does, and tells them that the visitor does, or that the page closes. Only the fact,
// never a letter of it.

import { ask } from "./api.js";
import { at, atEnd, fill, on } from "./chat.js";
import * as kept from "./kept.js";

const EVERY = 3_000;
const LASTS = 6_000;

let told = -EVERY;
let timer = null;
let spoken = false; // said aloud once for each answer that is written, however long that takes

export function start() {
  at("input").addEventListener("input", tell);
  on("write", () => (told = -EVERY));
  on("writing", show);
  on("leaving", () => (clearTimeout(timer), left())); // while the token is there
  window.addEventListener("pagehide", left);
  on("message", ({ message }) => message.author === "responder" && (hide(), (spoken = false)));
}

function tell() {
  if (!kept.read("token") || !at("input").value.trim() || performance.now() - told < EVERY) return;
  told = performance.now();
  ask("writing", { method: "POST", body: {} }).catch(() => {}); // a sign that is lost is followed by another
}

// Outlives the page. No beacon: it takes no header, and the token travels in nothing else.
function left() {
  if (kept.read("token")) ask("left", { method: "POST", body: {}, keepalive: true }).catch(() => {});
}

function show({ name }) {
  const line = at("writing");
  line.dataset.name = name;
  atEnd(() => (fill(line), (line.hidden = false)));
  if (!spoken) at("writing-said").textContent = line.textContent;
  spoken = true;
  clearTimeout(timer);
  timer = setTimeout(hide, LASTS);
}

function hide() {
  clearTimeout(timer);
  at("writing").hidden = true;
  at("writing-said").textContent = "";
}
