// "Keep going by text": asks for a number, then for the code that came there. What is typed is kept nowhere.

import { askJson, token } from "./api.js";
import { at, emit, language, note, on } from "./chat.js";
import * as kept from "./kept.js";

const FIELD = { bad_phone: "number", not_safe: "safe", not_agree: "agree" };
let words = {};
let spoken = null; // the language of the words
let step = null; // number, code or done; null while it is shut

export function start() {
  at("by-text").addEventListener("click", () => (step ? shut() : show("number")));
  at("move").addEventListener("submit", send);
  on("language", () => step && show(step));
  on("closed", shut);
  on("leaving", shut);
}

function shut() {
  step = null;
  at("move").hidden = true;
  at("move").replaceChildren();
  at("by-text").setAttribute("aria-expanded", "false");
}

async function show(next) {
  const form = at("move");
  const typed = Object.fromEntries(step === next ? new FormData(form) : []);
  try {
    await token();
    if (spoken !== language()) words = await askJson(`phone?language=${language()}`);
    spoken = language();
  } catch {
    return form.isConnected && note("offline");
  }
  if (!form.isConnected) return; // left meanwhile
  step = next;
  form.hidden = false;
  form.replaceChildren(...STEPS[step]());
  for (const name in typed) Object.assign(form.elements[name], { value: typed[name], checked: true });
  at("by-text").setAttribute("aria-expanded", "true");
  form.querySelector("input, [tabindex]").focus();
}

const STEPS = {
  // A browser that remembers numbers would show this one to whoever uses the device next.
  number: () => [
    made("p", { textContent: words.lead }),
    field("number", { type: "tel", inputMode: "tel", autocomplete: kept.read("until") ? "tel" : "off" }),
    field("safe", { type: "checkbox" }),
    field("agree", { type: "checkbox" }),
    ...end("ask"),
  ],
  code: () => [
    made("p", { textContent: words.sent }),
    field("code", { inputMode: "numeric", autocomplete: "one-time-code" }),
    ...end("go_on"),
    made("p", { textContent: words.hint }),
    made("button", { type: "button", className: "quiet", textContent: words.again, onclick: () => show("number") }),
  ],
  done: () => [made("p", { textContent: words.done, tabIndex: -1 })],
};

function made(kind, facts, ...inside) {
  const element = Object.assign(document.createElement(kind), facts);
  element.append(...inside);
  return element;
}

function field(name, facts) {
  const input = made("input", { name, ...facts });
  input.setAttribute("aria-describedby", "wrong");
  const parts = [made("span", { textContent: words[name] }), input];
  return facts.type === "checkbox" ? made("label", { className: "own" }, ...parts.reverse()) : made("label", {}, ...parts);
}

function end(name) {
  return [made("p", { id: "wrong", className: "count", role: "alert" }), made("button", { className: "send", textContent: words[name] })];
}

async function send(event) {
  event.preventDefault();
  at("move").querySelector(".send").disabled = true; // once for each press
  const { number, safe, agree, code } = at("move").elements;
  const [path, body, next] =
    step === "number"
      ? ["phone", { number: number.value, safe: safe.checked, agree: agree.checked, language: language() }, "code"]
      : ["phone/code", { code: code.value }, "done"];
  try {
    await askJson(path, { method: "POST", body });
  } catch (failure) {
    return wrong(failure.code);
  }
  if (next === "done") emit("moved");
  if (step) await show(next);
}

function wrong(code) {
  if (!step) return;
  at("move").querySelector(".send").disabled = false;
  const fields = at("move").elements;
  const asked = fields[FIELD[code]] ?? fields[step];
  for (const each of fields) each.removeAttribute("aria-invalid");
  asked.setAttribute("aria-invalid", "true");
  at("wrong").textContent = words[code] ?? words.later;
  asked.focus();
}
