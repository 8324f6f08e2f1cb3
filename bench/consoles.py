"""Fifty consoles against five hundred open threads: how long a change takes to a console, and what it costs.

Starts Postgres, Redis and the web process of its own, lets so many pages listen as browsers do, changes one thread a
second, and has responders claim and put back meanwhile:

    .venv/bin/python -m bench.consoles [--consoles 50] [--threads 500] [--seconds 60] [--json FILE]

A change counts from its commit until a console has read the row that it heard of. The processor's time is that of both
web processes together, in seconds of one core for each second.
"""

import argparse
import hashlib
import json
import os
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import update

from bench.residents import percentile
from gateway import schema, services
from gateway.clients.bell import Bell
from gateway.db import Database
from gateway.models import Assessment, Contact, Conversation, Escalation, LogIn, Message, Responder
from gateway.processes import free_port

LEVELS = ("emergency", "urgent", "routine", "routine", "routine")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FILES = (("p50", 50), ("p99", 99))


class Town:
    """Open threads, and responders who are logged in."""

    def __init__(self, database: Database, threads: int, consoles: int) -> None:
        self.database = database
        self.tokens: list[str] = []
        self.threads: list[tuple[int, int]] = []
        now = datetime.now(UTC)
        with database.begin() as session:
            for place in range(threads):
                self._thread(session, place, now)
            for place in range(consoles):
                self._responder(session, place, now)

    def _thread(self, session: Any, place: int, now: datetime) -> None:
        level = LEVELS[place % len(LEVELS)]
        contact = Contact(channel="sms", address_hash=f"{place:064x}", created_at=now)
        conversation = Conversation(
            public_id=uuid4(), contact=contact, channel="sms", handler="bot", epoch=0, opened_at=now, answers={},
            lease_epoch=0, language="en", last_inbound_at=now,
        )  # fmt: skip
        session.add(conversation)
        session.flush()
        message = Message(conversation_id=conversation.id, direction="in", author="resident", created_at=now,
                          attempts=0, text=f"come here now {place}", provider_id=f"SM{place:032x}")  # fmt: skip
        session.add(message)
        session.flush()
        session.add(Assessment(message_id=message.id, conversation_id=conversation.id, level=level,
                               categories=["suicide"], findings=[], set_aside=[], version="b",
                               created_at=now))  # fmt: skip
        row = Escalation(conversation_id=conversation.id, message_id=message.id, reason="risk", level=level, epoch=0,
                         status="waiting", opened_at=now - timedelta(seconds=place))  # fmt: skip
        session.add(row)
        session.flush()
        self.threads.append((row.id, conversation.id))

    def _responder(self, session: Any, place: int, now: datetime) -> None:
        token = secrets.token_urlsafe(32)
        row = Responder(email=f"r{place}@demo.example", name=f"R{place}", role="responder", languages=["en"],
                        created_at=now, capacity=9)  # fmt: skip
        session.add(row)
        session.flush()
        session.add(LogIn(responder_id=row.id, token_hash=hashlib.sha256(token.encode()).hexdigest(), created_at=now,
                          last_seen_at=now, expires_at=now + timedelta(hours=2)))  # fmt: skip
        self.tokens.append(token)


class Console:
    """One page: a stream, and a question for each change that it hears of."""

    def __init__(self, url: str, token: str, clock: "Clock") -> None:
        self._clock = clock
        self.http = httpx.Client(base_url=url, cookies={"fd_log_in": token}, timeout=30)
        self.beats = self.errors = self.whole = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                with self.http.stream("GET", "/console/events", headers={"Accept": "text/event-stream"}) as answer:
                    self._read(answer)
            except httpx.HTTPError:
                self.errors += 1
                time.sleep(1)

    def _read(self, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.errors += 1
            time.sleep(1)
            return
        name = ""
        for line in answer.iter_lines():
            if self.stop.is_set():
                return
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                self.beats += name == "beat"
            elif line.startswith("data: ") and name == "rows":
                self._rows(json.loads(line.removeprefix("data: "))["ids"])

    def _rows(self, ids: Any) -> None:
        if ids == "all":
            self.whole += 1
            return
        page = self.http.get("/console/queue/rows", params={"ids": ",".join(map(str, ids))},
                             headers={"X-Background": "1"})  # fmt: skip
        if page.status_code == 200:
            self._clock.arrived(ids)
        else:
            self.errors += 1


class Clock:
    """When each thread was changed, and how long it took until each console had read it."""

    def __init__(self) -> None:
        self._changed: dict[int, float] = {}
        self._lock = threading.Lock()
        self.took: list[float] = []

    def changed(self, row: int) -> None:
        """It is committed now."""
        with self._lock:
            self._changed[row] = time.monotonic()

    def arrived(self, ids: list[int]) -> None:
        """A console has read these."""
        now = time.monotonic()
        with self._lock:
            self.took += [(now - self._changed[row]) * 1000 for row in ids if row in self._changed]


def change(town: Town, bell: Bell, clock: Clock, seconds: float) -> None:
    """One thread a second."""
    until, place = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        row, conversation = town.threads[place % len(town.threads)]
        with town.database.begin() as session:
            session.execute(update(Escalation).where(Escalation.id == row).values(rung=place))
        clock.changed(row)
        bell.announce(conversation)
        place += 7
        time.sleep(1)


def claim(console: Console, row: int) -> float:
    """Milliseconds of a claim, which is put back at once."""
    found = TOKEN.search(console.http.get("/console/log-in").text)
    form = {"csrf_token": found[1] if found else "", "epoch": "0", "over": "yes"}
    began = time.monotonic()
    answer = console.http.post(f"/console/threads/{row}/claim", data=form, headers={"HX-Request": "true"})
    took = (time.monotonic() - began) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"a claim was answered with {answer.status_code}")
    return took


def processor(pid: int) -> float:
    """Seconds of processor that a process and its children have used (Linux)."""
    return sum(int(fields[11]) + int(fields[12]) for _, fields in family(pid)) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[tuple[Path, list[str]]]:
    """A process and its children: the folder of each, and its state from the third field of proc(5) on (Linux)."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if pid in {int(entry.name), int(fields[1])}:
                yield entry, fields


def serve(folder: Path, postgres: str, redis: str) -> tuple[subprocess.Popen[bytes], str]:
    """The web process, once it answers."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "FRONTDOOR_VAR": str(folder), "FRONTDOOR_PORT": str(port),
               "DATABASE_URL": postgres, "REDIS_URL": redis}  # fmt: skip
    log = (folder / "web.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "gateway.cli", "web"], env=environ, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            httpx.get(f"{url}/healthz", timeout=1).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return process, url
    process.kill()
    raise SystemExit("the web process did not answer: " + (folder / "web.log").read_text()[-2000:])


def measure(town: Town, bell: Bell, process: int, url: str, seconds: float) -> dict[str, Any]:
    """Listen, change and claim for so long."""
    clock = Clock()
    consoles = [Console(url, token, clock) for token in town.tokens]
    for each in consoles:
        each.thread.start()
    time.sleep(5)  # pages have begun
    spent, began = processor(process), time.monotonic()
    changer = threading.Thread(target=change, args=(town, bell, clock, seconds))
    changer.start()
    claims = [claim(consoles[n % len(consoles)], town.threads[-1 - n][0]) for n in range(min(40, int(seconds)))]
    changer.join()
    spent, took = processor(process) - spent, time.monotonic() - began
    time.sleep(2)
    for each in consoles:
        each.stop.set()
    return {
        "consoles": len(consoles),
        "threads": len(town.threads),
        "seconds": round(took),
        "rows_read": len(clock.took),
        "change_ms": {name: round(percentile(clock.took, which), 1) for name, which in FILES},
        "claim_ms": {name: round(percentile(claims, which), 1) for name, which in FILES},
        "claim_mean_ms": round(statistics.mean(claims), 1),
        "cores": round(spent / took, 2),
        "errors": sum(each.errors for each in consoles),
        "whole_readings": sum(each.whole for each in consoles),
        "load": os.getloadavg()[0],
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=50)
    parser.add_argument("--threads", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="front-door-consoles-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres, redis = services.start_postgres(folder / "postgres"), services.start_redis(folder / "redis")
        database, bell = Database(postgres.url), Bell(redis.url)
        schema.upgrade(database)
        process, url = serve(folder, postgres.url, redis.url)
        try:
            town = Town(database, given.threads, given.consoles)
            found = measure(town, bell, process.pid, url, given.seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            bell.close()
            database.close()
            redis.stop()
            postgres.stop()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
