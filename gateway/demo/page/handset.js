// The phones: shows what the stand-in's ledger holds for each number, and texts from it. All words are set as text.

import * as calls from "./calls.js";

const DEFAULTS = ["+15555550111", "+15555550122", "+15555550133"];
const KEPT = "front-door-phones";
const MOST_BUBBLES = 300;
const EXAMPLES = [
  ["en", "need a place to sleep tonight"],
  ["es", "necesito comida para mis hijos, 94110"],
  ["en", "i want to talk to a person"],
  ["es", "¿Dónde hay una clínica gratis? No tengo seguro"],
  ["en", "there is a guy in the park shouting, hes not hurting anybody but he needs help"],
  ["es", "mi esposo me pega, no sé qué hacer"],
  ["en", "i took all my pills"],
  ["es", "ya no quiero vivir"],
  ["en", "MORE"],
  ["es", "ALTO"],
  ["en", "STOP"],
  ["en", "START"],
];
const E164 = /^\+[1-9][0-9]{6,14}$/;
const STATES = {
  queued: "queued", sending: "sending", sent: "sent", delivered: "delivered",
  undelivered: "not delivered", failed: "not delivered",
};
// The default alphabet of 3GPP TS 23.038; the characters of the extension take two septets.
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENDED = new Set("\f^{}\\[~]|€");

const phones = new Map();
const unshown = new Map();
const known = new Map();
const stopped = new Map();
let community = "";

const element = (id) => document.getElementById(id);

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function cost(text) {
  const characters = [...text];
  const gsm = characters.every((one) => BASIC.has(one) || EXTENDED.has(one));
  const widths = characters.map((one) => (gsm ? (EXTENDED.has(one) ? 2 : 1) : one.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  if (units <= alone) return { segments: 1, encoding: gsm ? "GSM-7" : "UCS-2", units };
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return { segments, encoding: gsm ? "GSM-7" : "UCS-2", units };
}

function priced(segments, encoding) {
  return `${segments} segment${segments === 1 ? "" : "s"}, ${encoding}`;
}

function state(message) {
  if (message.direction === "inbound") {
    if (message.answer === null) return "sending";
    return message.answer >= 200 && message.answer < 300 ? "sent" : `the gateway did not take it (${message.answer || "no answer"})`;
  }
  const word = STATES[message.status] || message.status;
  return message.error_code ? `${word} (${message.error_code})` : word;
}

function bad(message) {
  if (message.direction === "inbound") return message.answer !== null && (message.answer < 200 || message.answer > 299);
  return message.status === "failed" || message.status === "undelivered";
}

function fill(bubble, message) {
  const mine = message.direction === "inbound";
  bubble.className = `bubble${mine ? " mine" : ""}${bad(message) ? " bad" : ""}`;
  const when = new Date(message.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const who = mine ? "You" : message.via === "twilio" ? "Carrier" : "Community";
  const facts = `${when} · ${priced(message.segments, message.encoding)} · ${state(message)}`;
  const media = Number(message.num_media) > 0 ? `[${message.num_media} picture(s)] ` : "";
  bubble.replaceChildren(
    make("span", "hidden", `${who}: `),
    make("span", "words", media + message.body),
    make("span", "facts", (message.via === "twilio" ? "carrier's own answer · " : "") + facts),
  );
}

function show(message) {
  known.set(message.sid, message);
  if (known.size > 5000) known.delete(known.keys().next().value);
  const phone = phones.get(message.handset);
  if (!phone) {
    if (message.direction !== "inbound") note(message);
    return;
  }
  phone.stopped.hidden = !stopped.get(message.handset);
  let bubble = phone.bubbles.get(message.sid);
  const fresh = !bubble;
  if (fresh) {
    bubble = make("div", "bubble");
    bubble.dataset.seq = message.seq;
    phone.bubbles.set(message.sid, bubble);
  }
  fill(bubble, message);
  if (!fresh) return;
  const follows = [...phone.log.children].find((other) => Number(other.dataset.seq) > message.seq);
  phone.log.insertBefore(bubble, follows || null);
  if (phone.bubbles.size > MOST_BUBBLES) {
    const [oldest] = phone.bubbles.keys();
    phone.bubbles.get(oldest).remove();
    phone.bubbles.delete(oldest);
  }
  phone.log.scrollTop = phone.log.scrollHeight;
}

function note(message) {
  const seen = unshown.get(message.handset) || new Set();
  seen.add(message.sid);
  unshown.delete(message.handset);
  unshown.set(message.handset, seen);
  if (unshown.size > 5) unshown.delete(unshown.keys().next().value);
  offer();
}

function offer() {
  element("strangers").replaceChildren(...[...unshown].map(([number, seen]) => {
    const what = [...seen].every((sid) => sid.startsWith("CA")) ? "call" : "text";
    const button = make("button", "", `${number} got ${seen.size} ${what}${seen.size === 1 ? "" : "s"}. Show this phone`);
    button.type = "button";
    button.addEventListener("click", () => { add(number); keep(); phones.get(number).box.focus(); });
    return button;
  }));
}

async function send(number, phone) {
  const text = phone.box.value;
  const media = phone.picture.checked ? ["image/jpeg"] : [];
  if (!text.trim() && !media.length) return;
  phone.wrong.textContent = "";
  phone.button.disabled = true;
  try {
    const answer = await calls.post("/_standin/inbound", { from: number, body: text, media });
    if (answer.error) {
      phone.wrong.textContent = answer.error;
    } else if (phone.box.value === text) {
      phone.box.value = "";
      phone.picture.checked = false;
      price(phone);
    }
  } catch {
    phone.wrong.textContent = "The simulator does not answer. Your text is kept.";
  } finally {
    phone.button.disabled = false;
  }
}

function price(phone) {
  const text = phone.box.value;
  const { segments, encoding, units } = cost(text);
  phone.cost.textContent = text ? `${units} · ${priced(segments, encoding)}` : "";
}

function add(number) {
  if (phones.has(number)) return;
  const section = element("phone").content.firstElementChild.cloneNode(true);
  const find = (selector) => section.querySelector(selector);
  const phone = {
    section, log: find(".log"), box: find("textarea"), cost: find(".cost"), wrong: find(".write .wrong"),
    button: find(".write button"), picture: find(".with-picture input"), stopped: find(".stopped"), bubbles: new Map(),
  };
  const digits = number.slice(1);
  find("h2").textContent = number;
  find("h2").id = `name-${digits}`;
  section.setAttribute("aria-labelledby", `name-${digits}`);
  phone.log.setAttribute("aria-label", `Texts of ${number}`);
  phone.box.id = `text-${digits}`;
  find("label.hidden").htmlFor = phone.box.id;
  find("label.hidden").textContent = `Text from ${number}`;
  phone.button.setAttribute("aria-label", `Send from ${number}`);
  find(".remove").setAttribute("aria-label", `Remove ${number}`);
  find(".remove").addEventListener("click", () => { remove(number); element("number").focus(); });
  find(".write").addEventListener("submit", (event) => { event.preventDefault(); send(number, phone); });
  phone.box.addEventListener("input", () => price(phone));
  phone.box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!phone.button.disabled) send(number, phone);
  });
  for (const [language, text] of EXAMPLES) find(".examples").append(example(language, text, phone));
  phones.set(number, phone);
  unshown.delete(number);
  offer();
  element("phones").append(section);
  [...known.values()].filter((message) => message.handset === number).sort((a, b) => a.seq - b.seq).forEach(show);
}

function example(language, text, phone) {
  const button = make("button", "", text);
  button.type = "button";
  button.lang = language;
  button.addEventListener("click", () => { phone.box.value = text; price(phone); phone.box.focus(); });
  return button;
}

function remove(number) {
  phones.get(number).section.remove();
  phones.delete(number);
  keep();
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...phones.keys()]));
  } catch {
    element("line").textContent = "This browser does not keep the list of phones.";
  }
}

function kept() {
  try {
    const numbers = JSON.parse(localStorage.getItem(KEPT));
    const good = Array.isArray(numbers) ? numbers.filter((one) => E164.test(one)).slice(0, 12) : [];
    return good.length ? good : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

function forget() {
  known.clear();
  unshown.clear();
  stopped.clear();
  offer();
  for (const phone of phones.values()) {
    phone.bubbles.clear();
    phone.log.replaceChildren();
    phone.stopped.hidden = true;
  }
}

async function follow() {
  let after = 0;
  let started = null;
  for (;;) {
    try {
      const answer = await fetch(`/_standin/feed?after=${after}&wait=${after ? 20 : 0}`, { cache: "no-store" });
      const feed = await answer.json();
      if (started !== null && feed.started !== started) {
        forget(); // the stand-in was started anew and remembers nothing
        after = 0;
        started = feed.started;
        continue;
      }
      started = feed.started;
      after = feed.version;
      community = feed.number;
      element("community").textContent = community;
      element("line").textContent = "";
      for (const message of feed.messages) stopped.set(message.handset, message.opted_out);
      feed.messages.sort((a, b) => a.seq - b.seq).forEach(show);
      for (const call of feed.calls) if (!phones.has(call.to) && !call.over) note({ handset: call.to, sid: call.sid });
      calls.show(feed.calls, phones);
      if (!after) await new Promise((go) => setTimeout(go, 1000));
    } catch {
      element("line").textContent = "The simulator does not answer; trying again.";
      await new Promise((go) => setTimeout(go, 2000));
    }
  }
}

element("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = element("number").value.replace(/[\s().-]/g, "");
  const right = E164.test(number) && number !== community;
  element("wrong").textContent = right ? "" : "Write a number like +15555550144, not the community's own.";
  element("number").setAttribute("aria-invalid", String(!right));
  if (!right) return;
  add(number);
  keep();
  element("number").value = "";
  phones.get(number).box.focus();
});

kept().forEach(add);
follow();
