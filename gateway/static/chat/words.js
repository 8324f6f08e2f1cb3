// Says the widget's words. They are data, in gateway/texts/widget: the server writes those that a file needs into it.

import { WORDS } from "./wording.js";

const LANGUAGES = ["en", "es"]; // in the order of each word

export function say(language, key, values = {}) {
  return WORDS[key][LANGUAGES.indexOf(language)].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function known(language) {
  return LANGUAGES.includes(language) ? language : null;
}
