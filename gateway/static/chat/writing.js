// The field to write in: keeps a draft, grows with it, says when it is too long, and hands over what is sent.

import { at, emit, on, word } from "./chat.js";
import * as kept from "./kept.js";
import * as picture from "./picture.js";

const LONGEST = 1600;
const WARN_BELOW = 200;

const input = at("input");

export function start() {
  input.value ||= kept.read("draft", ""); // a fast writer may have begun before this script
  at("form").addEventListener("submit", send);
  input.addEventListener("input", () => (kept.write("draft", input.value), measure()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  at("picture")?.addEventListener("change", chosen);
  on("language", measure);
  on("opened", ({ focus }) => focus && input.focus());
  on("refused", ({ text }) => input.value || keepDraft(text));
}

function send(event) {
  event.preventDefault();
  const text = input.value.trim();
  if (text && [...text].length <= LONGEST) {
    emit("write", { text });
    keepDraft("");
  }
  input.focus();
}

function chosen({ target }) {
  const [file] = target.files;
  if (file) picture.send(file);
  target.value = ""; // so that the same one can be chosen again
}

function keepDraft(text) {
  input.value = text;
  kept.write("draft", text);
  measure();
}

function measure() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
  const left = LONGEST - [...input.value].length;
  at("count").textContent = left < 0 ? word("too_long", { count: -left }) : left < WARN_BELOW ? String(left) : "";
  input.setAttribute("aria-invalid", String(left < 0));
}
