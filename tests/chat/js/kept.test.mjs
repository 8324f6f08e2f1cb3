// What a device keeps, for how long, and what happens where nothing may be kept.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Storage } from "./storage.mjs";

const DAY = 24 * 3600 * 1000;
let pages = 0;
let now = 0;

beforeEach(() => {
  now = 1_800_000_000_000;
  Date.now = () => now;
  globalThis.window = { localStorage: new Storage(), sessionStorage: new Storage() };
});

// The page is opened (again): its modules begin anew, what the browser keeps stays.
const opened = () => import(`../../../gateway/static/chat/kept.js?page=${(pages += 1)}`);
// The tab was closed meanwhile.
const closed = () => (window.sessionStorage = new Storage());

test("a tab remembers until it is closed", async () => {
  (await opened()).write("token", "abc");
  assert.equal((await opened()).read("token"), "abc");
  closed();
  assert.equal((await opened()).read("token"), null);
  assert.equal(window.localStorage.kept.size, 0);
});

test("a tab that is opened again remembers what was used in the last half hour, and nothing older", async () => {
  const { IDLE, write } = await opened();
  write("draft", "first"); // what is written first counts by itself
  now += IDLE;
  const page = await opened();
  assert.equal(page.read("draft"), null);
  page.write("token", "abc");
  page.write("used", now);
  now += IDLE - 1;
  assert.equal((await opened()).read("token"), "abc");
  now += 1;
  assert.equal((await opened()).read("token"), null);
  assert.equal(window.sessionStorage.kept.size, 0, "what is too old is taken away and not only unread");
});

test("a device that is ones own remembers for a day after the last word, and not longer", async () => {
  const page = await opened();
  page.write("token", "abc");
  page.own(true);
  closed();
  now += DAY - 1;
  assert.equal((await opened()).read("token"), "abc");
  (await opened()).write("draft", "more");
  now += DAY - 1;
  assert.equal((await opened()).read("token"), "abc");
  now += 1;
  assert.equal((await opened()).read("token"), null);
  assert.equal((await opened()).read("draft"), null);
  assert.equal(window.localStorage.kept.size, 0, "what is too old is taken away and not only unread");
});

test("a device that is no longer ones own forgets at once what it kept for a day", async () => {
  const page = await opened();
  page.write("token", "abc");
  page.own(true);
  page.own(false);
  assert.equal(window.localStorage.kept.size, 0);
  closed();
  assert.equal((await opened()).read("token"), null);
});

test("after leaving nothing is kept, whatever still comes in", async () => {
  const page = await opened();
  page.write("token", "abc");
  page.own(true);
  page.forget();
  page.write("token", "late");
  assert.equal(page.read("token"), null);
  assert.equal(window.localStorage.kept.size + window.sessionStorage.kept.size, 0);
});

test("what is there and is not ours is no memory", async () => {
  for (const strange of ["{", "null", "7", JSON.stringify({ until: "soon", token: "abc" })]) {
    window.localStorage.setItem("chat", strange);
    assert.equal((await opened()).read("token"), null, strange);
  }
});

test("where nothing may be kept the chat goes on from memory", async () => {
  const refuse = () => {
    throw new Error("denied");
  };
  window = { get localStorage() { return refuse(); }, get sessionStorage() { return refuse(); } };
  const page = await opened();
  page.write("token", "abc");
  assert.equal(page.read("token"), "abc");
  page.forget();
  assert.equal(page.read("token"), null);
});

// Two tabs of one device that is their visitor's own.
async function two() {
  const first = await opened();
  first.write("token", "abc");
  first.own(true);
  return [first, await opened()];
}

const waiting = (page) => page.read("outbox", []).map(({ id }) => id);

test("what was left in one tab is brought back by no other", async () => {
  const [first, second] = await two();
  assert.equal(second.gone(), false);
  first.forget();
  second.write("draft", "more");
  assert.equal(window.localStorage.kept.size, 0);
  assert.equal(second.read("token"), null);
  assert.equal(second.gone(), true);
  assert.equal(second.gone(), true, "and stays so");
  assert.equal(first.gone(), false, "who left goes somewhere else");
});

test("a page that comes back whole in a tab that was left forgets too", async () => {
  const page = await opened();
  page.write("token", "abc");
  (await opened()).forget();
  assert.equal(page.gone(), true);
  assert.equal(page.read("token"), null);
});

test("two tabs lose no message that one of them could not send yet", async () => {
  const [first, second] = await two();
  first.write("outbox", [{ id: 1 }]);
  second.write("outbox", [{ id: 2 }]);
  first.write("outbox", [{ id: 1 }, { id: 3 }]);
  assert.deepEqual(waiting(await opened()).sort(), [1, 2, 3]);
  first.write("outbox", []); // sent
  assert.deepEqual(waiting(await opened()), [2]);
  second.write("outbox", []);
  assert.deepEqual(waiting(await opened()), []);
});

test("what another tab wrote is not undone, and known after a look", async () => {
  const [first, second] = await two();
  first.write("language", "es");
  second.write("draft", "more");
  assert.equal((await opened()).read("language"), "es");
  first.gone();
  assert.equal(first.read("draft"), "more");
});

test("a store that is full is not taken for one that was cleared", async () => {
  const [, second] = await two();
  window.localStorage.setItem = () => {
    throw new Error("full");
  };
  second.write("draft", "more");
  window.localStorage.kept.clear();
  assert.equal(second.gone(), false);
  assert.equal(second.read("draft"), "more");
});
