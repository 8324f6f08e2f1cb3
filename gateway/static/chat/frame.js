// The chat page: puts the parts together. What the visitor needs in danger stands in the page before any of this runs.

import { emit, language, noMore, speak } from "./chat.js";
import * as choosing from "./choosing.js";
import * as languages from "./languages.js";
import * as options from "./options.js";
import * as parent from "./parent.js";
import * as place from "./place.js";
import * as safety from "./safety.js";
import * as signs from "./signs.js";
import * as talk from "./talk.js";
import * as writing from "./writing.js";

const PARTS = [safety, writing, signs, languages, options, choosing, place, talk];

window.addEventListener("online", () => emit("online"));
window.addEventListener("offline", () => emit("offline"));
// Phones cut the lines of a page that nobody looks at, without telling it.
document.addEventListener("visibilitychange", () => document.hidden || emit("awake"));
window.addEventListener("pageshow", (event) => event.persisted && emit("awake"));
parent.listen({
  opened: (facts) => emit("opened", facts),
  closed: () => emit("closed"),
  leave: () => emit("leave"),
});
PARTS.forEach((part) => part.start());
speak(language());
noMore("opening");
