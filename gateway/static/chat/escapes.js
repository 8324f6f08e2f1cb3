// Counts presses of Esc: the first closes the chat, three within two seconds leave. Pure: the times are told.

const TIMES = 3;

export const WITHIN = 2_000;

export class Escapes {
  #presses = [];

  // `at` is when it was pressed, in milliseconds. Returns "close", "leave", or null for one that does nothing.
  press(at) {
    this.#presses = [...this.#presses.filter((before) => at - before <= WITHIN), at];
    if (this.#presses.length >= TIMES) return "leave";
    return this.#presses.length === 1 ? "close" : null;
  }
}
