// Which of the answers that were offered can still be chosen. Pure: it hears what was said, in any order and repeatedly.

export class Offers {
  #last = 0;
  #standing = null; // the message that offers them
  #written = 0; // what the visitor wrote and the server did not tell us of yet

  get now() {
    return this.#written ? null : this.#standing;
  }

  // What was said in the same turn leaves a question open; any other word after it closes it, danger first of all.
  hear(message) {
    const { id, author, answers, alert, offers } = message;
    if (id && id <= this.#last) return;
    this.#last = id ?? this.#last;
    if (author === "resident") this.#written = Math.max(0, this.#written - 1);
    const same = answers && answers === this.#standing?.answers;
    if (offers?.length) this.#standing = message;
    else if (!same || alert) this.#standing = null;
  }

  // They wrote, or chose; it counts from now on, not only when it went through.
  write() {
    this.#written += 1;
  }

  // It never will.
  refuse() {
    this.#written -= 1;
  }
}
