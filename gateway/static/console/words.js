// What the scripts say, in the language of the page: the server gives it in the body's data-words.
const words = JSON.parse(document.body.dataset.words ?? "{}");

export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
