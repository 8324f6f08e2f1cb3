// The quick way out: the button, or Esc three times.

import { at, emit, on } from "./chat.js";
import { Escapes } from "./escapes.js";
import * as kept from "./kept.js";
import * as parent from "./parent.js";

const away = at("leave").href;

const escapes = new Escapes();

export function start() {
  at("leave").addEventListener("click", (event) => (event.preventDefault(), leave()));
  at("close").addEventListener("click", () => shut());
  at("close").hidden = !parent.framed;
  document.addEventListener("keydown", escape);
  on("leave", leave); // the third Esc was pressed on the page around us
}

function leave() {
  emit("leaving");
  kept.forget();
  document.body.replaceChildren();
  if (!parent.tell("leave", { away })) return location.replace(away);
  setTimeout(() => window.top.location.replace(away), 300); // for a page around us that does not do as told
}

function escape(event) {
  if (event.key !== "Escape" || event.repeat || event.isComposing) return;
  const meant = escapes.press(Date.now());
  if (meant === "leave") leave();
  else shut({ escape: true, away }); // each: the page around us counts on
}

// Closed from here on, and not when the page around us says so: what is said in between is news on its button.
function shut(more) {
  if (parent.tell("close", more)) emit("closed");
}
