// "Keep going by text": asks for a number, then for the code that came there. What is typed is kept nowhere.
// A file of its own, fetched by who presses the button: it is given what it needs of the page by options.js.

const STYLE = `
.sheet { max-height: 70%; overflow-y: auto; }
.sheet:has(#move) > :not(#move, #by-text) { display: none; }
#move { display: grid; gap: 8px; width: 100%; padding: 0 12px 6px; }
#move p { padding: 0; }
#move [inputmode] { display: block; width: 100%; min-height: 48px; padding: 10px 12px; border: 1px solid var(--edge); border-radius: 10px; background: var(--page); color: inherit; font: inherit; }
#move #wrong { color: var(--danger); }
#move [aria-invalid]:not(:focus-visible) { outline: 2px solid var(--danger); }`;
const FIELD = { bad_phone: "number", not_safe: "safe", not_agree: "agree" };
let words = {};
let spoken = null; // the language of the words
let step = null; // number, code or done; null while it is shut

let token, at, emit, language, note, on, read, soon;
const form = made("form", { id: "move", noValidate: true, onsubmit: send });

export function toggle(page) {
  if (!at) start(page);
  if (step) shut();
  else show("number");
}

function start(page) {
  ({ token, at, emit, language, note, on, read, soon } = page);
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets.push(sheet);
  } catch {
    // Safari before 16.4: plain, and as useful.
  }
  form.setAttribute("aria-labelledby", "by-text");
  on("language", () => step && show(step));
  on("closed", shut);
  on("leaving", shut);
}

// Gives what the server says, or throws the word by which it refuses.
async function ask(path, body) {
  await token();
  const init = { headers: { Authorization: `Bearer ${read("token")}` }, cache: "no-store", signal: soon() };
  if (body) Object.assign(init, { method: "POST", body: JSON.stringify(body) }).headers["Content-Type"] = "application/json";
  const answer = await fetch(new URL(path, document.baseURI), init);
  const told = await answer.json();
  if (!answer.ok) throw told.error;
  return told;
}

function shut() {
  step = null;
  form.remove();
  form.replaceChildren();
  at("by-text").setAttribute("aria-expanded", "false");
}

async function show(next) {
  const typed = Object.fromEntries(step === next ? new FormData(form) : []);
  try {
    if (spoken !== language()) words = await ask(`phone?language=${language()}`);
    spoken = language();
  } catch {
    return at("status") && note("offline");
  }
  if (!at("sheet")) return; // left meanwhile
  step = next;
  at("sheet").append(form);
  form.replaceChildren(...STEPS[step]());
  for (const name in typed) Object.assign(form.elements[name], { value: typed[name], checked: true });
  at("by-text").setAttribute("aria-expanded", "true");
  form.querySelector("input, [tabindex]").focus();
}

const STEPS = {
  // A browser that remembers numbers would show this one to whoever uses the device next.
  number: () => [
    made("p", { textContent: words.lead }),
    field("number", { type: "tel", inputMode: "tel", autocomplete: read("until") ? "tel" : "off" }),
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
  form.querySelector(".send").disabled = true; // once for each press
  const { number, safe, agree, code } = form.elements;
  const [path, body, next] =
    step === "number"
      ? ["phone", { number: number.value, safe: safe.checked, agree: agree.checked, language: language() }, "code"]
      : ["phone/code", { code: code.value }, "done"];
  try {
    await ask(path, body);
  } catch (code) {
    return wrong(code);
  }
  if (next === "done") emit("moved");
  if (step) await show(next);
}

function wrong(code) {
  if (!step) return;
  form.querySelector(".send").disabled = false;
  const fields = form.elements;
  const asked = fields[FIELD[code]] ?? fields[step];
  for (const each of fields) each.removeAttribute("aria-invalid");
  asked.setAttribute("aria-invalid", "true");
  at("wrong").textContent = words[code] ?? words.later;
  asked.focus();
}
