// What this tab remembers until it is closed or left: the token, what is not sent yet, the draft, the language.
// A browser that refuses storage to frames gets the same chat, without the memory of a reload.

const KEY = "chat";
let memory = null;
let left = false;

function load() {
  if (memory !== null) return memory;
  try {
    memory = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  } catch {
    memory = {};
  }
  return memory;
}

export function read(name, fallback = null) {
  return load()[name] ?? fallback;
}

export function write(name, value) {
  if (left) return; // an answer that comes in after leaving brings nothing back
  load()[name] = value;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // Storage is full or forbidden: the chat goes on from memory.
  }
}

export function forget() {
  left = true;
  memory = {};
  try {
    sessionStorage.clear();
  } catch {
    // Nothing could be kept, so nothing is left.
  }
}
