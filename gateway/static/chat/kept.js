// What is remembered here: the token, what is not sent yet, the draft, the language. A tab remembers until it is left, or
// was not used for half an hour: browsers open closed tabs again. On a device that its visitor calls their own, the
// browser remembers for a day.
// A browser that refuses storage to frames gets the same chat, without the memory of a reload.

export const IDLE = 30 * 60_000;

const KEY = "chat";
export const A_DAY = 24 * 3600_000;
const ours = new Set(); // of the outbox, what this page knew once: the rest was written in other tabs
let memory = null;
let stands = null; // where it is kept, as far as anything may be
let left = false;
let taken = false;

function load() {
  memory ??= from("localStorage") ?? from("sessionStorage") ?? {};
  return memory;
}

function from(place) {
  try {
    const found = JSON.parse(window[place].getItem(KEY));
    if (place === "sessionStorage" ? !(found?.used <= Date.now() - IDLE) : found?.until > Date.now()) {
      if (found) stands = place;
      found?.outbox?.forEach(({ id }) => ours.add(id));
      return found;
    }
    window[place].removeItem(KEY); // too old, or nothing
  } catch {
    // Forbidden, or not ours.
  }
  return null;
}

export function read(name, fallback = null) {
  return load()[name] ?? fallback;
}

// Each tab of one's own device writes what it changed, on top of what the others wrote.
export function write(name, value) {
  if (gone() || left) return; // an answer that comes in after leaving brings nothing back
  memory[name] = name === "outbox" ? withOthers(value) : value;
  memory.used ??= Date.now();
  if (memory.until) memory.until = Date.now() + A_DAY;
  stands = memory.until ? "localStorage" : "sessionStorage";
  try {
    window[stands].setItem(KEY, JSON.stringify(memory));
  } catch {
    stands = null; // Storage is full or forbidden: the chat goes on from memory.
  }
}

function withOthers(entries) {
  entries.forEach(({ id }) => ours.add(id));
  return [...(memory.outbox ?? []).filter(({ id }) => !ours.has(id)), ...entries];
}

// Whether it was taken away in another tab, by leaving there: then it is forgotten here as well.
export function gone() {
  load();
  if (!stands) return taken;
  try {
    const found = JSON.parse(window[stands].getItem(KEY));
    taken = !found;
    memory = found ?? {};
  } catch {
    // Forbidden meanwhile, or not ours.
  }
  if (taken) forget();
  return taken;
}

// Whether this device is the visitor's own. What was kept as such is taken away at once when it is not.
export function own(yes) {
  if (gone()) return;
  clear();
  write("until", yes ? Date.now() + A_DAY : null);
}

export function forget() {
  left = true;
  memory = {};
  clear();
}

function clear() {
  stands = null;
  for (const place of ["localStorage", "sessionStorage"]) {
    try {
      window[place].removeItem(KEY);
    } catch {
      // Nothing could be kept, so nothing is left.
    }
  }
}
