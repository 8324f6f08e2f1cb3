"""What ten thousand open chats that wait cost: memory of the web processes, and the webhook beside them.

    .venv/bin/python -m bench.idle [--connections 10000] [--texts 300] [--json FILE]

Starts stores and the web process as `make run` does, and texts by signed webhooks, one after the other. Then opens so
many streams of the chat, each of a visitor of its own, lets them wait, and texts again. Memory is what the web
processes hold (PSS: what they share counts once). At the end some visitors write, and must hear of it on their own
stream. The reader of the streams runs on the same cores.
"""

import argparse
import json
import re
import selectors
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from bench.consoles import family, processor, serve
from bench.residents import percentile
from bench.town import line_of_the_machine
from gateway import schema, services
from gateway.db import Database
from gateway.demo.webhooks import Caller, inbound_form
from gateway.keys import demo_keys
from gateway.web.live import BEAT_SECONDS
from gateway.web_process import allow_many_connections

NUMBER = "+15555550100"
WRITERS = 50
HEAR_SECONDS = 20.0
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
GOAL_MB, GOAL_RATIO = 200, 1.5


class Readers:
    """Open streams, read by one thread that keeps the last of what each was told."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        self._there = (str(there.hostname), there.port or 80)
        self._selector = selectors.DefaultSelector()
        self.told: dict[str, bytes] = {}
        self.closed = self.beats = 0
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def open(self, token: str) -> int:
        """One more; the status that it was answered with."""
        made = socket.create_connection(self._there, timeout=30)
        made.sendall(
            f"GET /chat/stream HTTP/1.1\r\nHost: {self._there[0]}:{self._there[1]}\r\n"
            f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        status = int(made.recv(4096).split(b" ", 2)[1])
        made.setblocking(False)
        self.told[token] = b""
        self._selector.register(made, selectors.EVENT_READ, token)
        return status

    def start(self) -> None:
        """Read from now on."""
        self._thread.start()

    def _read(self) -> None:
        while not self.ended.is_set():
            for key, _ in self._selector.select(0.5):
                connection: Any = key.fileobj
                try:
                    piece = connection.recv(65_536)
                except OSError:
                    piece = b""
                if not piece:
                    self.closed += 1
                    self._selector.unregister(connection)
                self.beats += piece.count(b": beat")
                self.told[key.data] = (self.told[key.data] + piece)[-2_000:]


def memory_mb(pid: int) -> float:
    """What a process and its children hold, each page that they share counted once."""
    total = 0
    for entry, _ in family(pid):
        found = PSS.search((entry / "smaps_rollup").read_text())
        total += int(found[1]) if found else 0
    return round(total / 1024, 1)


def webhooks(caller: Caller, account: str, url: str, texts: int) -> dict[str, float]:
    """So many texts, each of a new phone; milliseconds until each was answered."""
    took = []
    for number in range(texts):
        sid = "SM" + uuid4().hex
        form = inbound_form(account, sid, from_=f"+1415556{number:04d}", to=NUMBER, body="need food", segments=1)
        answer = caller.post(f"{url}/sms/inbound", form, sid)
        if answer.status != 200:
            raise SystemExit(f"a webhook was answered with {answer.status}")
        took.append(answer.elapsed * 1000)
        time.sleep(0.02)
    return {"p50": round(percentile(took, 50), 1), "p99": round(percentile(took, 99), 1)}


def heard(url: str, readers: Readers, tokens: list[str]) -> dict[str, Any]:
    """Some visitors write: how many heard of it on their stream, and the milliseconds until all of them had."""
    began = time.monotonic()
    for token in tokens:
        body = {"id": str(uuid4()), "text": f"where is food {token[:6]}"}
        httpx.post(f"{url}/chat/messages", json=body, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    written = time.monotonic()
    missing = set(tokens)
    while missing and time.monotonic() - written < HEAR_SECONDS:
        missing = {token for token in missing if f"food {token[:6]}".encode() not in readers.told[token]}
        time.sleep(0.01)
    strangers = sum(b"where is food" in text for token, text in readers.told.items() if token not in tokens)
    took = {"writing_ms": round((written - began) * 1000), "last_heard_ms": round((time.monotonic() - written) * 1000)}
    return {"writers": len(tokens), "heard": len(tokens) - len(missing), "strangers_told": strangers} | took


def measure(folder: Path, url: str, pid: int, connections: int, texts: int) -> dict[str, Any]:
    """Before and after."""
    kept = demo_keys(folder / "keys.json")
    caller = Caller(kept["auth_tokens"].split(",")[0])
    webhooks(caller, kept["account_sid"], url, 50)  # the first of everything is slow
    found: dict[str, Any] = {"before": webhooks(caller, kept["account_sid"], url, texts), "mb": memory_mb(pid)}
    readers = Readers(url)
    with httpx.Client(base_url=url, trust_env=False) as client:
        tokens = [client.post("/chat/visitors", json={}).json()["token"] for _ in range(connections)]
    began = time.monotonic()
    statuses = [readers.open(token) for token in tokens]
    found |= {"opened": statuses.count(200), "opening_seconds": round(time.monotonic() - began, 1)}
    readers.start()
    time.sleep(2 * BEAT_SECONDS)
    began, spent, beats = time.monotonic(), processor(pid), readers.beats
    time.sleep(3 * BEAT_SECONDS)
    took = time.monotonic() - began
    found |= {
        "processor": round((processor(pid) - spent) / took, 3),
        "beats_a_second": round((readers.beats - beats) / took),
    }
    found |= {"mb_with_them": memory_mb(pid), "with_them": webhooks(caller, kept["account_sid"], url, texts)}
    found |= {"mb_after": memory_mb(pid), "told": heard(url, readers, tokens[:: max(1, connections // WRITERS)])}
    found["closed"] = readers.closed
    readers.ended.set()
    return found | line_of_the_machine()


def table(found: dict[str, Any]) -> str:
    """In words."""
    before, after, told = found["before"], found["with_them"], found["told"]
    more, times = found["mb_with_them"] - found["mb"], after["p99"] / before["p99"]
    return f"""{found["opened"]} streams opened in {found["opening_seconds"]} s, {found["closed"]} closed
memory {found["mb"]} MB before, {found["mb_with_them"]} with them: {more:.0f} MB more (goal {GOAL_MB})
webhook p50 / p99 before {before["p50"]} / {before["p99"]} ms, with them {after["p50"]} / {after["p99"]}
the p99 with them is {times:.2f} times that before (goal {GOAL_RATIO})
{found["beats_a_second"]} beats a second, {found["processor"]} of a core
{told["heard"]} of {told["writers"]} who wrote were told, the last {told["last_heard_ms"]} ms after all had written
{told["strangers_told"]} others were told of it
load {found["load"]}"""


def main() -> int:
    """Measure and print; 1 when a stream was refused or cut, or somebody was not told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    allow_many_connections()
    with tempfile.TemporaryDirectory(prefix="front-door-bench-") as name:
        folder = Path(name)
        postgres, redis = services.start_postgres(folder / "postgres"), services.start_redis(folder / "redis")
        try:
            database = Database(postgres.url)
            schema.upgrade(database)
            database.close()
            process, url = serve(folder, postgres.url, redis.url)
            try:
                found = measure(folder, url, process.pid, given.connections, given.texts)
            finally:
                process.terminate()
                process.wait(30)
        finally:
            redis.stop()
            postgres.stop()
    sys.stdout.write(table(found) + "\n")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    told = found["told"]
    missing = given.connections - found["opened"] + found["closed"] + told["writers"] - told["heard"]
    return int(bool(missing or told["strangers_told"]))


if __name__ == "__main__":
    sys.exit(main())
