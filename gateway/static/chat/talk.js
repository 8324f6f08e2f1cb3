// The messages: shows what is said, sends what is written, and says how it goes.

import { at, emit, fill, language, noMore, note, on, quietly } from "./chat.js";
import * as kept from "./kept.js";
import { Line } from "./line.js";
import { Outbox } from "./outbox.js";
import * as parent from "./parent.js";
import { Thread } from "./thread.js";

const SLOW_AFTER = 20_000;

const thread = new Thread(at("log"), at("newer"), fill);
const outbox = new Outbox(told);
const line = new Line(hear, lost, (facts) => emit("writing", facts));
let open = !parent.framed;
let unread = 0;
let slowTimer = null;
let alarmed = null; // which of the visitor's messages the last alarm was an answer to

export function start() {
  on("write", write);
  on("beside", ({ entry, state, answer }) => (state ? told(entry, state, answer) : show(entry)));
  on("online", () => (connection(), line.hurry(), outbox.hurry()));
  on("offline", connection);
  on("awake", () => (line.hurry(), outbox.hurry()));
  on("moved", () => line.start()); // also where nothing was written yet
  on("opened", () => ((open = true), (unread = 0)));
  on("closed", () => (open = false));
  connection();
  resume();
}

function lost() {
  kept.write("token", null);
  outbox.flush();
}

function write({ text }) {
  alarmed = null;
  show(outbox.add(text, language(), kept.read("choice") === language()));
  kept.write("choice", null);
  outbox.hurry();
}

function show(entry) {
  thread.write(entry);
  emit("wrote");
}

function hear(message) {
  const fresh = message.alert ? alarm(message) : thread.hear(message);
  emit("heard", { message });
  if (message.author === "resident") return;
  emit("message", { message, fresh });
  expectAnswer(false);
  if (fresh && !open) parent.tell("unread", { count: ++unread });
}

// An answer to danger is read out at once, and once: in the visitor's language, which comes first. What was said before
// a reload is no alarm. The same words in the log are no further news.
function alarm(message) {
  const news = at("log").getAttribute("aria-busy") === "false";
  let fresh = false;
  quietly(() => (fresh = thread.hear(message)));
  const answered = message.answers ?? "not stored yet";
  if (!fresh || !news || answered === alarmed) return fresh;
  alarmed = answered;
  at("alerts").lang = message.language ?? language();
  at("alerts").textContent = message.text;
  return fresh;
}

function told(entry, state, answer) {
  if (state !== "received") {
    thread.state(entry, state);
    if (state === "refused" && entry.text) emit("refused", entry);
    return;
  }
  thread.confirm(entry, answer.message);
  expectAnswer(answer.message.answer_expected);
  answer.replies.forEach(hear);
  line.start();
}

function expectAnswer(expected) {
  clearTimeout(slowTimer);
  slowTimer = expected ? setTimeout(() => note("slow"), SLOW_AFTER) : null;
  if (!expected) noMore("slow");
}

function connection() {
  if (navigator.onLine) noMore("offline");
  else note("offline");
}

async function resume() {
  await quietly(async () => {
    if (kept.read("token")) {
      await line.catchUp().catch(() => connection());
      line.start();
    }
    outbox.entries.forEach(show);
  });
  outbox.flush();
}
