// Server-sent events, however the line cuts them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Reader } from "../../../gateway/static/chat/sse.js";

const STREAM = 'retry: 2000\n\n: beat\n\nid: 7\ndata: {"a": 1}\n\nevent: state\ndata: one\ndata: two\n\nid: 8\r\ndata:bare\r\n\r\n';
const EVENTS = [
  { event: "message", id: "7", text: '{"a": 1}' },
  { event: "state", id: null, text: "one\ntwo" },
  { event: "message", id: "8", text: "bare" },
];

test("events are read out of a stream", () => {
  assert.deepEqual(new Reader().feed(STREAM), EVENTS);
});

test("wherever the stream is cut, the events are the same", () => {
  for (let size = 1; size < STREAM.length; size += 1) {
    const reader = new Reader();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...reader.feed(STREAM.slice(at, at + size)));
    assert.deepEqual(found, EVENTS, `pieces of ${size}`);
  }
});

test("an event that the line cut short is not read", () => {
  assert.deepEqual(new Reader().feed('id: 9\ndata: {"half'), []);
});
