// While a visitor waits for a person: how many wait before them. The page asks, as a turn of others rings nobody here.

import { askJson } from "./api.js";
import { at, atEnd, fill, on } from "./chat.js";
import * as kept from "./kept.js";

const EVERY = 15_000;
const SOON = 500; // what is said together is asked about once

let timer = null;
let waits = false;

export function start() {
  on("message", ({ message }) => {
    if (message.author === "responder") show(null);
    plan(SOON);
  });
  on("awake", () => plan(SOON));
  on("leaving", () => clearTimeout(timer));
}

function plan(wait) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

// A number that may no longer be true is not shown: not in a page that was out of sight, nor where no answer came.
async function look() {
  const ahead = document.hidden ? undefined : await asked();
  if (ahead !== undefined) waits = ahead !== null;
  show(ahead ?? null);
  if (waits) plan(EVERY);
}

async function asked() {
  if (!kept.read("token")) return null;
  try {
    return (await askJson("place")).ahead;
  } catch {
    return undefined;
  }
}

function show(ahead) {
  const line = at("place");
  line.dataset.word = ahead ? "place_ahead" : "place_next";
  line.dataset.count = ahead;
  atEnd(() => (fill(line), (line.hidden = ahead === null)));
}
