// What a browser keeps for a page, as far as the chat asks.

export class Storage {
  kept = new Map();
  getItem = (name) => this.kept.get(name) ?? null;
  setItem = (name, value) => void this.kept.set(name, String(value));
  removeItem = (name) => void this.kept.delete(name);
}
