// Esc closes; three times within two seconds it leaves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Escapes, WITHIN } from "../../../gateway/static/chat/escapes.js";

const pressed = (...times) => {
  const escapes = new Escapes();
  return times.map((at) => escapes.press(at));
};

for (const [times, expected] of [
  [[0], ["close"]],
  [[0, 400, 800], ["close", null, "leave"]],
  [[0, 1_000, WITHIN], ["close", null, "leave"]],
  [[0, 1_000, WITHIN + 1], ["close", null, null]],
  [[0, WITHIN + 1, 2 * WITHIN + 2], ["close", "close", "close"]],
  [[0, 1_900, 2_500, 2_600], ["close", null, null, "leave"]],
]) {
  test(`at ${times.join(", ")} ms`, () => assert.deepEqual(pressed(...times), expected));
}
