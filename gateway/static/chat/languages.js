// English or Spanish: by the button at any time, and until then as the conversation goes.

import { at, language, on, speak } from "./chat.js";
import * as kept from "./kept.js";
import * as parent from "./parent.js";
import { known } from "./words.js";

export function start() {
  at("language").addEventListener("click", choose);
  on("message", follow);
}

function choose() {
  const next = language() === "en" ? "es" : "en";
  kept.write("language", next);
  kept.write("choice", next); // told to the bot with the next message
  change(next, true);
}

// The page follows the conversation, as the bot does, until the visitor chooses a language by the button. A safety text
// is in both languages, and a person may write either: these change nothing.
function follow({ message }) {
  const spoken = message.author === "bot" ? known(message.language) : null;
  if (spoken && spoken !== language() && !kept.read("language")) change(spoken, false);
}

function change(next, chosen) {
  speak(next, chosen);
  parent.tell("language", { language: next });
}
