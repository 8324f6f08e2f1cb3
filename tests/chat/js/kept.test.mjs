// What a device keeps, for how long, and what happens where nothing may be kept.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const DAY = 24 * 3600 * 1000;
let pages = 0;
let now = 0;

class Storage {
  kept = new Map();
  getItem = (name) => this.kept.get(name) ?? null;
  setItem = (name, value) => void this.kept.set(name, String(value));
  removeItem = (name) => void this.kept.delete(name);
}

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
  write("token", "abc");
  write("used", now);
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
