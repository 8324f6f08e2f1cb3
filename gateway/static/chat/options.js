// What a visitor sets for themselves: how large, how plain, read aloud, a copy to keep, and whose device this is.

import { soon, token } from "./api.js";
import { at, emit, language, note, on, quietly, word } from "./chat.js";
import * as kept from "./kept.js";
import { nearEnd } from "./thread.js";

const SIZES = ["normal", "large", "largest"];
const WARNED = 2 * 60_000;
const LOOK_EVERY = 15_000;
const USES = ["keydown", "beforeinput", "pointerdown", "wheel", "focus", "click"];
const ENDED = "#ended";

const root = document.documentElement;
const voice = window.speechSynthesis;
let touched = Date.now();
let over = false;

export function start() {
  at("options").addEventListener("click", show);
  size(kept.read("size", 0));
  contrast(kept.read("contrast", false));
  at("size").addEventListener("click", () => keep("size", (kept.read("size", 0) + 1) % SIZES.length, size));
  at("contrast").addEventListener("click", () => keep("contrast", !kept.read("contrast", false), contrast));
  at("aloud").hidden = !voice?.getVoices(); // asked early: some browsers find them only then
  at("aloud").addEventListener("click", aloud);
  at("save").addEventListener("click", () => save());
  at("print").addEventListener("click", () => window.print());
  at("log").addEventListener("click", copy);
  at("by-text").addEventListener("click", byText);
  at("own").checked = Boolean(kept.read("until"));
  at("own").addEventListener("change", () => (kept.own(at("own").checked), used()));
  on("leaving", hush);
  on("closed", hush);
  for (const use of USES) window.addEventListener(use, used, true);
  on("awake", used);
  on("opened", used);
  on("message", ({ fresh }) => fresh && stirred());
  // A screen reader moves the messages without a key. To their end they move by themselves, too.
  at("log").addEventListener("scroll", () => nearEnd(at("log")) || stirred());
  if (location.hash === ENDED) ended();
  used();
  window.addEventListener("storage", look);
  on("online", look);
  setInterval(look, LOOK_EVERY);
}

function show() {
  const sheet = at("sheet");
  sheet.hidden = !sheet.hidden;
  at("options").setAttribute("aria-expanded", String(!sheet.hidden));
}

function keep(what, chosen, shown) {
  kept.write(what, chosen);
  shown(chosen);
}

function size(step) {
  root.dataset.size = SIZES[step];
}

function contrast(high) {
  root.dataset.contrast = high ? "high" : "";
  at("contrast").setAttribute("aria-pressed", String(high));
}

function name(element, key) {
  element.dataset.word = key;
  element.textContent = word(key);
}

// Everything since the visitor's own last words, each message in its language.
function aloud() {
  if (voice.speaking || voice.pending) return hush();
  const said = [...at("log").querySelectorAll(".message")];
  const since = said.map((each) => each.matches(".resident")).lastIndexOf(true); // Safari 15.4 brought findLastIndex
  // A voice that is not of this device sends what it reads to whoever made it.
  const local = voice.getVoices().filter((each) => each.localService);
  said.slice(since + 1).forEach((each) => {
    const body = each.querySelector(".text");
    const speech = new SpeechSynthesisUtterance(words(body));
    speech.lang = body.lang || language();
    speech.voice = local.find(({ lang }) => lang.slice(0, 2) === speech.lang.slice(0, 2));
    if (!speech.voice) return note("aloud_never");
    speech.onend = () => voice.pending || name(at("aloud"), "aloud_off");
    voice.speak(speech);
  });
  if (voice.speaking || voice.pending) name(at("aloud"), "aloud_on");
}

function hush() {
  voice?.cancel();
  if (at("aloud")) name(at("aloud"), "aloud_off"); // gone with all else, once they leave
}

// One service of a list, from its own buttons.
function copy({ target }) {
  const card = target.closest(".card");
  if (target.dataset.word === "save_copy") save([card]);
  if (target.dataset.word !== "print_copy") return;
  card.classList.add("alone");
  window.onafterprint = () => card.classList.remove("alone");
  window.print();
}

function save(what = at("log").querySelectorAll(".from, .text")) {
  const lines = [...what].map((each) => `${words(each)}\n${each.matches(".from") ? "" : "\n"}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/plain;charset=utf-8" }));
  link.download = word("copy_name");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// What an element says, without its buttons.
function words(element) {
  root.dataset.bare = 1;
  const said = element.innerText.trim();
  delete root.dataset.bare;
  return said;
}

function byText() {
  const page = { token, at, emit, language, note, on, read: kept.read, soon };
  import("./by-text.js").then(({ toggle }) => toggle(page)).catch(() => note("offline"));
}

// A chat that nobody uses ends by itself, unless the device is the visitor's own: whoever sits down next reads nothing.
// What was left in another tab ends here too, on any device.
function look() {
  if (!at("log")) return; // left
  const taken = kept.gone();
  const shared = !kept.read("until") && holds();
  const spent = Date.now() - touched;
  over = taken || (shared && (over || spent >= kept.IDLE));
  ask(shared && !over && spent >= kept.IDLE - WARNED);
  if (over) end();
}

// Timers of a sleeping phone stand still: what ended meanwhile has ended, whoever wakes it. The button of the question
// counts when it is pressed, not when it is reached, or it would be gone from under the finger.
function used(event) {
  if (!at("log") || (event?.type !== "click" && event?.target?.closest?.("#still"))) return;
  if (!over) look();
  touched = Date.now();
  over = false;
  ask(false);
  // On one's own device only what is written makes the day longer.
  if (holds() && !kept.read("until") && touched - kept.read("used") >= LOOK_EVERY) kept.write("used", touched);
}

// Nobody needs to be there for this: it does not bring back what is over.
function stirred() {
  look();
  if (!over) used();
}

// Whoever is asked has the whole time to answer, also on a device that slept when it should have asked (WCAG 2.2.1).
function ask(whether) {
  const still = at("still");
  if (whether === still.hasChildNodes()) return;
  if (!whether) {
    if (still.contains(document.activeElement)) at("log").focus({ preventScroll: true });
    return still.replaceChildren();
  }
  touched = Date.now() - kept.IDLE + WARNED;
  const button = document.createElement("button");
  button.className = "quiet";
  name(still.appendChild(document.createElement("p")), "still_there");
  name(still.appendChild(button), "still_here");
}

// Whether there is anything of anybody here: also who has no token yet wrote something.
function holds() {
  return Boolean(kept.read("token") || kept.read("outbox", []).length || at("input").value);
}

// What could not be sent yet is tried for a day, out of sight: an answer to something older finds nobody. Without a
// connection this page could not come again.
function end() {
  clear();
  const unsent = kept.read("outbox", []).length && Date.now() - touched < kept.A_DAY;
  if (unsent || !navigator.onLine) return;
  kept.forget();
  history.replaceState(null, "", ENDED); // no way back to the page as it was
  location.reload();
}

function clear() {
  quietly(() => at("log").replaceChildren(at("log").querySelector(".hello")));
  at("newer").hidden = true;
  at("alerts").textContent = "";
  if (at("by-text").getAttribute("aria-expanded") === "true") byText();
  if (!at("input").value) return;
  at("input").value = "";
  at("input").dispatchEvent(new Event("input"));
}

function ended() {
  history.replaceState(null, "", location.pathname + location.search);
  note("ended");
}
