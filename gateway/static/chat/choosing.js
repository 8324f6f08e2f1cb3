// Answers that a question offers, as buttons under it. One that is pressed is written as if it were typed.

import { at, atEnd, emit, fill, on, word } from "./chat.js";
import { Offers } from "./offers.js";

const offers = new Offers();
let group = null;
let shown = null;

export function start() {
  on("heard", ({ message }) => (offers.hear(message), show()));
  on("wrote", () => (offers.write(), show()));
  on("refused", () => (offers.refuse(), show()));
}

function show() {
  const end = atEnd(() => {
    if (offers.now !== shown) replace(offers.now);
    if (group) at("log").append(group); // what is said in the same turn stands above it
  });
  if (group && end) group.scrollIntoView({ block: "nearest" });
}

function replace(message) {
  const held = group?.contains(document.activeElement);
  group?.remove();
  if (held) at("log").focus({ preventScroll: true }); // no keyboard comes up on a phone, and Tab goes on from here
  shown = message;
  group = message && draw(message);
  // The question was read out, and it names its answers: only that there are buttons is news.
  const news = group && at("log").getAttribute("aria-busy") === "false";
  at("offers-said").textContent = news ? word("offers") : "";
}

function draw({ offers: given, language }) {
  const made = document.createElement("div");
  made.className = "offers";
  made.setAttribute("role", "group");
  made.setAttribute("aria-live", "off");
  made.dataset.wordLabel = "offers";
  fill(made);
  made.append(...given.map((offer) => button(offer, language)));
  return made;
}

function button({ label, text }, language) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.lang = language ?? "";
  made.addEventListener("click", () => emit("write", { text }));
  return made;
}
