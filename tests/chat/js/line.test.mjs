// The line goes on bringing messages, whatever becomes of the stream.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Line } from "../../../gateway/static/chat/line.js";

const FASTER = 1_000;
const wait = globalThis.setTimeout;
let asked = [];

beforeEach(() => {
  asked = [];
  globalThis.document = { baseURI: "https://town.example/chat/frame" };
  globalThis.setTimeout = (run, milliseconds) => wait(run, milliseconds / FASTER);
});

// A line on which each stream goes as `stream` says; ends when the messages have been asked for `polls` times.
function run(stream, polls) {
  return new Promise((end) => {
    const heard = [];
    let left = polls;
    globalThis.fetch = async (url) => {
      const name = url.pathname.split("/").at(-1);
      asked.push(name);
      if (name === "stream") return stream();
      left -= 1;
      if (left < 0) return new Response("{}", { status: 404 });
      return Response.json({ messages: [{ id: polls - left, text: `message ${polls - left}` }], more: false });
    };
    new Line((message) => heard.push(message.id), () => end(heard)).start();
  });
}

const WAYS = {
  "aborted": () => Promise.reject(new TypeError("failed")),
  "502 of a proxy": () => new Response("bad gateway", { status: 502 }),
  "504 of a proxy": () => new Response("timeout", { status: 504 }),
  "403 of a filter": () => new Response("no", { status: 403 }),
  "503, full": () => new Response("{}", { status: 503 }),
  "empty": () => new Response(""),
  "cut at once": () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("cut")) })),
};

for (const [way, stream] of Object.entries(WAYS)) {
  test(`a stream that is ${way} is made up for by asking`, { timeout: 20_000 }, async () => {
    assert.deepEqual(await run(stream, 6), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(asked.slice(0, 2), ["stream", "messages"], "at once");
    assert.ok(asked.filter((name) => name === "stream").length <= 2, "and not by trying streams for ever");
  });
}

test("a stream that speaks is not asked beside", { timeout: 20_000 }, async () => {
  let streams = 0;
  const bodies = ['id: 1\ndata: {"id": 1}\n\n', 'id: 2\ndata: {"id": 2}\n\n'];
  const heard = await run(() => (bodies[streams] ? new Response(bodies[streams++]) : new Response("", { status: 404 })), 0);
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(asked, ["stream", "stream", "stream"]);
});

test("who writes is heard on either road, and moves nothing on", { timeout: 20_000 }, async () => {
  const body = 'id: 1\ndata: {"id": 1}\n\nid: 1\nevent: writing\ndata: {"name": "Ana"}\n\n';
  const answers = [
    () => new Response(body), // a stream
    () => new Response("{}", { status: 503 }), // no room for another
    () => Response.json({ messages: [], more: false, writing: "Ben" }),
    () => new Response("{}", { status: 404 }),
  ];
  globalThis.fetch = async (url, { headers }) => {
    asked.push(headers["Last-Event-ID"] ?? url.search);
    return answers.shift()();
  };
  const heard = [];
  await new Promise((end) => new Line(() => {}, end, ({ name }) => heard.push(name)).start());
  assert.deepEqual(heard, ["Ana", "Ben"]);
  assert.deepEqual(asked, ["0", "1", "?after=1", "?after=1"]);
});
