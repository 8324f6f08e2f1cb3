// What was written leaves in order, and danger does not wait behind what is held off.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Storage } from "./storage.mjs";

const wait = globalThis.setTimeout;
const FASTER = 1_000;
let pages = 0;
let sent = [];
let answers = () => Response.json({});

beforeEach(() => {
  sent = [];
  globalThis.document = { baseURI: "https://town.example/chat/frame" };
  globalThis.window = { localStorage: new Storage(), sessionStorage: new Storage() };
  globalThis.setTimeout = (run, milliseconds) => wait(run, milliseconds / FASTER);
  globalThis.fetch = async (url, { body }) => {
    if (url.pathname.endsWith("visitors")) return Response.json({ token: "abc" });
    sent.push(JSON.parse(body).text);
    return answers(sent);
  };
});

async function opened() {
  const { Outbox } = await import(`../../../gateway/static/chat/outbox.js?page=${(pages += 1)}`);
  const told = [];
  return [new Outbox((entry, state) => told.push(`${entry.text}: ${state}`)), told];
}

const heldOff = () => new Response("{}", { status: 429, headers: { "Retry-After": "1" } });

test("danger is sent while a greeting before it is held off, and the greeting after", async () => {
  const [outbox, told] = await opened();
  answers = (all) => (all.at(-1) === "hello" && all.filter((text) => text === "hello").length < 3 ? heldOff() : Response.json({}));
  outbox.add("hello", "en");
  outbox.add("i took all my pills", "en");
  await outbox.flush();
  assert.deepEqual(sent, ["hello", "i took all my pills", "hello", "hello"]);
  assert.equal(told.indexOf("i took all my pills: received") < told.indexOf("hello: received"), true);
  assert.deepEqual(outbox.entries, []);
});

test("what is held off itself is tried once beside the first, and not with each try of the first", async () => {
  const [outbox] = await opened();
  answers = (all) => (all.length < 5 ? heldOff() : Response.json({}));
  for (const text of ["one", "two"]) outbox.add(text, "en");
  await outbox.flush();
  assert.deepEqual(sent, ["one", "two", "one", "one", "one", "two"]);
});

test("where the connection fails nothing is tried out of its order", async () => {
  const [outbox] = await opened();
  answers = (all) => (all.length < 3 ? new Response("{}", { status: 503 }) : Response.json({}));
  for (const text of ["one", "two"]) outbox.add(text, "en");
  await outbox.flush();
  assert.deepEqual(sent, ["one", "one", "one", "two"]);
});

test("a request that hangs is given up without AbortSignal.timeout, which old phones lack", async () => {
  const [outbox] = await opened();
  const given = AbortSignal.timeout;
  delete AbortSignal.timeout;
  let hung = 0;
  globalThis.fetch = (url, { signal, body }) => {
    if (url.pathname.endsWith("visitors")) return Promise.resolve(Response.json({ token: "abc" }));
    sent.push(JSON.parse(body).text);
    if (sent.length > 1) return Promise.resolve(Response.json({}));
    return new Promise((_, fail) => signal.addEventListener("abort", () => ((hung += 1), fail(new Error("gave up")))));
  };
  outbox.add("hello", "en");
  await outbox.flush();
  AbortSignal.timeout = given;
  assert.equal(hung, 1);
  assert.deepEqual(sent, ["hello", "hello"]);
});
