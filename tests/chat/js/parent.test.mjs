// The frame hears the page around it, if that is an allowed one, and nobody else; and speaks to that one alone.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const OWN = "https://door.example";
const TOWN = "https://town.example";
let pages = 0;
let heard = [];
let posted = [];
let hear = null;

const around = { postMessage: (data, origin) => posted.push([data, origin]) };

beforeEach(() => {
  heard = [];
  posted = [];
  hear = null;
  globalThis.location = { origin: OWN };
  globalThis.document = { querySelector: () => ({ content: `${TOWN} https://clinic.example` }) };
  globalThis.window = { parent: around, addEventListener: (name, then) => name === "message" && (hear = then) };
});

async function opened() {
  const parent = await import(`../../../gateway/static/chat/parent.js?page=${(pages += 1)}`);
  parent.listen({ opened: (data) => heard.push(data), closed: (data) => heard.push(data) });
  return parent;
}

const says = (data, origin = TOWN, source = around) => hear({ data, origin, source });

test("an allowed page is heard, and told at its own origin only", async () => {
  const parent = await opened();
  says({ frontDoor: "opened", focus: true });
  assert.deepEqual(heard, [{ frontDoor: "opened", focus: true }]);
  assert.equal(parent.tell("unread", { count: 2 }), true);
  assert.deepEqual(posted, [[{ frontDoor: "unread", count: 2 }, TOWN]]);
});

test("before it was heard nobody is told anything", async () => {
  const parent = await opened();
  assert.equal(parent.tell("leave", { away: "https://weather.example" }), false);
  assert.deepEqual(posted, []);
});

test("a page that is not allowed is not heard, and learns nothing", async () => {
  const parent = await opened();
  for (const origin of ["https://evil.example", "null", "", `${TOWN}.evil.example`, "http://town.example", "https://town.example:8443"])
    says({ frontDoor: "opened" }, origin);
  assert.deepEqual(heard, []);
  assert.equal(parent.tell("unread"), false);
  assert.deepEqual(posted, []);
});

test("another frame of an allowed page is not the page", async () => {
  const parent = await opened();
  const sister = { postMessage: () => assert.fail("told a stranger") };
  says({ frontDoor: "closed" }, TOWN, sister);
  says({ frontDoor: "closed" }, OWN, window);
  assert.deepEqual(heard, []);
  assert.equal(parent.tell("unread"), false);
});

test("a hostile page cannot take the place of the one that was heard", async () => {
  const parent = await opened();
  says({ frontDoor: "opened" });
  says({ frontDoor: "opened" }, "https://evil.example");
  parent.tell("unread", { count: 1 });
  assert.deepEqual(posted.map(([, origin]) => origin), [TOWN]);
});

test("whatever an allowed page sends, only the verbs of the chat are done", async () => {
  await opened();
  for (const data of [null, undefined, "opened", 7, {}, { frontDoor: undefined }, { frontDoor: "erase" },
    { frontDoor: "__proto__" }, { frontDoor: "constructor" }, { frontDoor: {} }, { verb: "opened" }]) says(data);
  assert.deepEqual(heard, []);
});

test("in a tab of its own it hears nobody", async () => {
  globalThis.window.parent = globalThis.window;
  const parent = await opened();
  hear({ data: { frontDoor: "opened" }, origin: OWN, source: globalThis.window });
  assert.equal(parent.framed, false);
  assert.deepEqual(heard, []);
});
