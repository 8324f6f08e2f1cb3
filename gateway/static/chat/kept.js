// What is remembered here: the token, what is not sent yet, the draft, the language. A tab remembers until it is left, or
// was not used for half an hour: browsers open closed tabs again. On a device that its visitor calls their own, the
// browser remembers for a day.
// A browser that refuses storage to frames gets the same chat, without the memory of a reload.

export const IDLE = 30 * 60_000;

const KEY = "chat";
const A_DAY = 24 * 3600 * 1000;
let memory = null;
let left = false;

function load() {
  memory ??= from("localStorage") ?? from("sessionStorage") ?? {};
  return memory;
}

function from(place) {
  try {
    const found = JSON.parse(window[place].getItem(KEY));
    if (place === "sessionStorage" ? !(found?.used <= Date.now() - IDLE) : found?.until > Date.now()) return found;
    window[place].removeItem(KEY); // too old, or nothing
  } catch {
    // Forbidden, or not ours.
  }
  return null;
}

export function read(name, fallback = null) {
  return load()[name] ?? fallback;
}

export function write(name, value) {
  if (left) return; // an answer that comes in after leaving brings nothing back
  load()[name] = value;
  if (memory.until) memory.until = Date.now() + A_DAY;
  try {
    window[memory.until ? "localStorage" : "sessionStorage"].setItem(KEY, JSON.stringify(memory));
  } catch {
    // Storage is full or forbidden: the chat goes on from memory.
  }
}

// Whether this device is the visitor's own. What was kept as such is taken away at once when it is not.
export function own(yes) {
  clear();
  write("until", yes ? Date.now() + A_DAY : null);
}

export function forget() {
  left = true;
  memory = {};
  clear();
}

function clear() {
  for (const place of ["localStorage", "sessionStorage"]) {
    try {
      window[place].removeItem(KEY);
    } catch {
      // Nothing could be kept, so nothing is left.
    }
  }
}
