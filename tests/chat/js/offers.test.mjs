import assert from "node:assert/strict";
import { test } from "node:test";

import { Offers } from "../../../gateway/static/chat/offers.js";

const YES_NO = [{ label: "Yes", text: "YES" }, { label: "No", text: "NO" }];
const asked = { id: 2, author: "bot", answers: 1, offers: YES_NO };

function heard(...messages) {
  const offers = new Offers();
  messages.forEach((message) => offers.hear(message));
  return offers;
}

test("a question stands with its answers", () => {
  assert.equal(heard({ id: 1, author: "resident" }, asked).now, asked);
});

test("an answer from anywhere closes it: another tab, or before a reload", () => {
  assert.equal(heard(asked, { id: 3, author: "resident" }).now, null);
});

test("what was said in the same turn leaves it open, what was said later does not", () => {
  assert.equal(heard(asked, { id: 3, author: "bot", answers: 1, offers: null }).now, asked);
  assert.equal(heard(asked, { id: 3, author: "bot", answers: 9 }).now, null);
  assert.equal(heard(asked, { id: 3, author: "responder", answers: null }).now, null);
  assert.equal(heard(asked, { id: null, author: "system", answers: null }).now, null);
});

test("danger closes it in any turn", () => {
  assert.equal(heard(asked, { id: 3, author: "system", answers: 1, alert: true }).now, null);
  assert.equal(heard(asked, { id: null, author: "system", answers: 1, alert: true }).now, null);
});

test("of two questions the later one stands", () => {
  const later = { ...asked, id: 3 };
  assert.equal(heard(asked, later).now, later);
});

test("what comes a second time, or late, changes nothing", () => {
  const offers = heard(asked, { id: 3, author: "resident" });
  offers.hear(asked);
  assert.equal(offers.now, null);
  const other = heard(asked);
  other.hear({ id: 1, author: "resident" });
  assert.equal(other.now, asked);
});

test("what was written counts before the server has it, and a refusal takes it back", () => {
  const offers = heard(asked);
  offers.write();
  assert.equal(offers.now, null);
  offers.refuse();
  assert.equal(offers.now, asked);
});

test("the next question stands once the server told of all that was written", () => {
  const offers = heard(asked);
  offers.write();
  offers.write();
  offers.hear({ id: 3, author: "resident" });
  offers.hear({ ...asked, id: 4, answers: 3 });
  assert.equal(offers.now, null);
  offers.hear({ id: 5, author: "resident" });
  assert.equal(offers.now, null);
  const next = { ...asked, id: 6, answers: 5 };
  offers.hear(next);
  assert.equal(offers.now, next);
});

test("a question without answers is a text like any other", () => {
  assert.equal(heard({ ...asked, offers: [] }).now, null);
});
