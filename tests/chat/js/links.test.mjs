// What in a text may be followed, and what may not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces } from "../../../gateway/static/chat/links.js";

const followed = (text) => pieces(text).flatMap(({ href }) => href ?? []);

for (const [text, expected] of [
  ["Call 911 now, or text 988.", ["tel:911", "tel:988"]],
  ["Llame al 988 y marque 2.", ["tel:988"]],
  ["Food: 415-555-0132 (open), (415) 555-0133.", ["tel:+14155550132", "tel:+14155550133"]],
  ["See https://town.example/a?b=1.", ["https://town.example/a?b=1"]],
  ["«https://town.example/a»", ["https://town.example/a"]],
  ["javascript:alert(1) data:text/html,x vbscript:x", []],
  ["https://good.example@evil.example/ https://a:b@evil.example/", []],
  ["room 2119, $911, 911.5, 1-911, 988-1234, id#211", []],
  ["", []],
]) {
  test(`follows ${JSON.stringify(expected)} in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(followed(text), expected);
    assert.equal(pieces(text).map((piece) => piece.text).join(""), text, "no letter is lost");
  });
}
