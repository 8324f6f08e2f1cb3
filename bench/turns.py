"""What the gateway adds to a turn: Rasa alone and through the front door, side by side, at 1, 8 and 32 residents.

    .venv/bin/python -m bench.turns [--rounds 3] [--at-once 1 8 32] [--pause S] [--bots 1] [--no-pin] [--bot-share S]
        [--hung] [--json FILE]

Both columns say the same lines to the same bot, one resident's next text following the last text of the answer, with
no pause, or after ``--pause`` seconds of thought. **Rasa alone** is a signed post straight to the bot, its state
carried along. **Front Door** is a signed webhook until the first text of the answer is handed to the stand-in for
Twilio, everything committed, receipts posted back. A menu, a text too few or too many, or an error is a failure and no
fast answer.

Without a pause Rasa alone is asked at the same moment at which it has answered, and never cools down: a processor that
has slept for the time of one text takes half as long again for the next turn. Through the front door it sleeps while a
text is stored and sent. With a pause both columns are asked at the pace of somebody who reads and types, which is what
one resident waits in a small town; the turns a second are then the pace and no measure.

``--bot-share .25``: in both columns the bot and its actions have only a quarter of their core, so that everything else
has as much for each of its turns as on a machine with four times as many other cores (:mod:`bench.slower`).

The bot has a core of its own in both columns (``--no-pin``: all share all); the stand-in and the load share the rest
with the gateway. Each ratio is of two runs that followed each other; their median is shown with all of them.
"""

import argparse
import hashlib
import hmac
import http.client
import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from bench.residents import percentile
from bench.slower import slower
from bench.town import Town, line_of_the_machine
from gateway.models import Conversation, Delivery, Message

# All of them are the bot's to answer: a word after a list ("more") is the gateway's own.
LINES = {
    "es": ["necesito comida para mis hijos", "no", "94110", "necesito ropa", "94103", "y pañales"],
    "en": ["need a place to sleep tonight", "no", "for me", "94110", "i need food too", "clothes too"],
}
CONVERSATIONS = {1: 8, 8: 48, 32: 96}
OURS = ("postgres", "redis", "web", "worker")
ANSWER_SECONDS = 15.0
NUMBERS = itertools.count(5_560_000)


@dataclass
class Run:
    """One column at one number of residents: seconds of each turn, failures, and how long all took."""

    seconds: list[float] = field(default_factory=list)
    webhook: list[float] = field(default_factory=list)
    failures: int = 0
    took: float = 0.0
    spent: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """In milliseconds, and turns a second; the processor time of each part in milliseconds a turn."""
        turns = max(1, len(self.seconds))
        ms = sorted(each * 1000 for each in self.seconds) or [float("nan")]
        shown: dict[str, Any] = {
            "turns": len(self.seconds),
            "failures": self.failures,
            "p50_ms": round(statistics.median(ms), 1),
            "p99_ms": round(percentile(ms, 99), 1),
            "per_second": round(len(self.seconds) / self.took, 1),
            "processor_ms": {name: round(used * 1000 / turns, 1) for name, used in self.spent.items()},
        }
        if self.webhook:
            shown["webhook_p50_ms"] = round(statistics.median(self.webhook) * 1000, 1)
        return shown


Talk = Callable[[str, Run], None]


class RasaAlone:
    """Signed posts straight to one bot, each thread over a connection of its own."""

    def __init__(self, town: Town, pause: float = 0.0) -> None:
        self._secret, self._pause = town.secret.encode(), pause
        self._hosts = itertools.cycle([urlsplit(url).netloc for url in town.bot_urls])
        self._kept = threading.local()

    def talk(self, language: str, run: Run) -> None:
        """One conversation, the state carried from turn to turn."""
        state: dict[str, Any] | None = None
        spoken = language
        for number, line in enumerate(LINES[language]):
            asked = {"turn_id": str(number), "conversation": "bench", "channel": "sms", "language": spoken,
                     "text": line, "state": state, "community": {"name": "Demo Town"}}  # fmt: skip
            time.sleep(self._pause)
            started = time.monotonic()
            status, answer = self._post(json.dumps(asked).encode())
            if status != http.client.OK:
                run.failures += 1
                return
            run.seconds.append(time.monotonic() - started)
            state, spoken = answer["state"], answer["language"]

    def _post(self, body: bytes) -> tuple[int, Any]:
        at = str(int(time.time()))
        signature = hmac.new(self._secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Frontdoor-Timestamp": at, "X-Frontdoor-Signature": signature}
        if not hasattr(self._kept, "wire"):
            self._kept.wire = http.client.HTTPConnection(next(self._hosts), timeout=ANSWER_SECONDS)
        self._kept.wire.request("POST", "/webhooks/frontdoor/turn", body, headers)
        response = self._kept.wire.getresponse()
        return response.status, json.loads(response.read())


class FrontDoor:
    """Texts from phones of their own, each answered by the whole product."""

    def __init__(self, town: Town, pause: float = 0.0) -> None:
        self._town, self._pause = town, pause
        self._texts: dict[str, list[int]] = {}

    def learn(self) -> None:
        """How many texts answer each line, said once with all the time in the world."""
        for language, lines in LINES.items():
            number = _number()
            for line in lines:
                self._town.exchange.text(number, line)
                _until_still(self._town)
            self._texts[language] = self._answers(len(lines))

    def talk(self, language: str, run: Run) -> None:
        """One conversation of a phone that never texted before."""
        number, before = _number(), 0
        for line, texts in zip(LINES[language], self._texts[language], strict=True):
            time.sleep(self._pause)
            started = time.monotonic()
            answer = self._town.exchange.text(number, line)
            try:
                arrived = self._town.exchange.arrivals(number, before + texts, ANSWER_SECONDS)
            except TimeoutError:
                run.failures += 1
                return
            run.webhook.append(answer.elapsed)
            run.seconds.append(arrived[before] - started)
            before += texts

    def not_by_the_bot(self) -> int:
        """How many texts so far something else than the bot answered."""
        with self._town.database.begin() as session:
            return int(
                session.scalar(
                    select(func.count()).where(Message.direction == "in", Message.handled_by.is_distinct_from("bot"))
                )
                or 0
            )

    def _answers(self, lines: int) -> list[int]:
        """Of the newest conversation, which is the only one that talked just now."""
        with self._town.database.begin() as session:
            newest = session.scalars(select(func.max(Conversation.id))).one()
            rows = session.execute(
                select(Message.id, Message.direction, Message.answers_id)
                .where(Message.conversation_id == newest)
                .order_by(Message.id)
            ).all()
        asked = [row.id for row in rows if row.direction == "in"]
        counts = [sum(row.answers_id == each for row in rows) for each in asked]
        if len(counts) != lines or not all(counts):
            raise SystemExit(f"a line was not answered: {counts}")
        return counts


def measure(town: Town, talk: Talk, at_once: int, *, rest: bool = True) -> Run:
    """So many residents at once, half of them in Spanish; ``rest`` waits until all of it is sent and told."""
    run, before, started = Run(), town.spent(), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        jobs = [pool.submit(talk, "es" if n % 2 else "en", run) for n in range(CONVERSATIONS[at_once])]
        for job in jobs:
            job.result()
    run.took = time.monotonic() - started
    if rest:
        _until_still(town)
    after = town.spent()
    run.spent = {name: after[name] - before[name] for name in after}
    return run


def compare(town: Town, front: FrontDoor, alone: RasaAlone, at_once: int) -> dict[str, Any]:
    """One pair of runs that follow each other."""
    straight = measure(town, alone.talk, at_once).figures()
    before = front.not_by_the_bot()
    through = measure(town, front.talk, at_once).figures()
    through["failures"] += front.not_by_the_bot() - before
    return {
        "residents": at_once,
        "rasa": straight,
        "front_door": through,
        "added_p50_ms": round(through["p50_ms"] - straight["p50_ms"], 1),
        "p99_ratio": round(through["p99_ms"] / straight["p99_ms"], 2),
        "rate_ratio": round(through["per_second"] / straight["per_second"], 2),
        "machine": line_of_the_machine(),
    }


def with_one_hung(town: Town, front: FrontDoor, at_once: int = 8) -> dict[str, Any]:
    """What the others wait while the carrier is silent about one number, beside what they wait without that."""
    before = measure(town, front.talk, at_once).figures()
    hung = _number()
    town.exchange.faults("hang", to=hung, seconds=60, applied=False)
    for line in LINES["en"]:
        town.exchange.text(hung, line)
    meanwhile = measure(town, front.talk, at_once, rest=False).figures()
    town.exchange.faults()
    return {
        "residents": at_once,
        "failures": before["failures"] + meanwhile["failures"],
        "p50_ms": [before["p50_ms"], meanwhile["p50_ms"]],
        "p99_ms": [before["p99_ms"], meanwhile["p99_ms"]],
    }


def _number() -> str:
    return f"+1555{next(NUMBERS)}"


def _until_still(town: Town) -> None:
    """Until nothing waits to be answered or sent, and every receipt was posted."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with town.database.begin() as session:
            pending = session.scalar(select(func.count()).where(Conversation.pending_since.is_not(None)))
            unsent = session.scalar(select(func.count()).where(Delivery.status.in_(["queued", "sending"])))
        if not pending and not unsent and town.exchange.settled():
            return
        time.sleep(0.02)
    raise SystemExit("the front door did not come to rest")


def _bot(town: Town, given: argparse.Namespace) -> AbstractContextManager[None]:
    slow = given.bot_share < 1
    return slower(town.family("bot", "actions"), given.bot_share) if slow else nullcontext()


def table(results: list[dict[str, Any]]) -> str:
    """One line for each number of residents; medians over the rounds."""
    lines = [
        "           Rasa alone                  Front Door                  added   rate   of each round:",
        "residents  p50 / p99 ms    turns/s   p50 / p99 ms    turns/s    p50 ms  ratio  added p50; rate ratio",
    ]
    for at_once in sorted({row["residents"] for row in results}):
        rows = [row for row in results if row["residents"] == at_once]

        def middle(*names: str, rows: list[dict[str, Any]] = rows) -> float:
            return _deep_median(rows, *names)

        lines.append(
            f"{at_once:9}"
            f"  {middle('rasa', 'p50_ms'):6.1f} / {middle('rasa', 'p99_ms'):<6.1f}  {middle('rasa', 'per_second'):5.1f}"
            f"    {middle('front_door', 'p50_ms'):6.1f} / {middle('front_door', 'p99_ms'):<7.1f}"
            f" {middle('front_door', 'per_second'):5.1f}"
            f"   {middle('added_p50_ms'):+7.1f}  {middle('rate_ratio'):5.2f}"
            f"   {', '.join(str(row['added_p50_ms']) for row in rows)};"
            f" {', '.join(str(row['rate_ratio']) for row in rows)}"
        )
        lines += [f"{'':9}  {_processor(rows, column)}" for column in ("rasa", "front_door")]
    return "\n".join(lines)


def _processor(rows: list[dict[str, Any]], column: str) -> str:
    """The processor time of each part a turn: unlike the waiting, other work on the machine hardly changes it."""
    spent = {name: _deep_median(rows, column, "processor_ms", name) for name in rows[0][column]["processor_ms"]}
    ours = sum(used for name, used in spent.items() if name in OURS)
    parts = ", ".join(f"{name} {used:.1f}" for name, used in spent.items())
    return f"{column}: processor ms a turn: {parts}; the gateway and its stores {ours:.1f}"


def _deep_median(rows: list[dict[str, Any]], *names: str) -> float:
    return statistics.median(_deep(row, names) for row in rows)


def _deep(row: Any, names: Sequence[str]) -> float:
    for name in names:
        row = row[name]
    return float(row)


def main(arguments: list[str] | None = None) -> int:
    """Start everything, measure, print; exit status 1 when a turn failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bots", type=int, default=1)
    parser.add_argument("--at-once", type=int, nargs="+", choices=CONVERSATIONS, default=list(CONVERSATIONS))
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that a resident thinks before each text")
    parser.add_argument("--no-pin", action="store_true", help="all processes share all cores")
    parser.add_argument("--bot-share", type=float, default=1.0, help="of its core; below 1 needs root")
    parser.add_argument("--hung", action="store_true", help="also with a carrier that is silent about one resident")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    results: list[dict[str, Any]] = []
    hung: dict[str, Any] | None = None
    with tempfile.TemporaryDirectory(prefix="front-door-bench-") as folder:
        Path(folder).chmod(0o711)
        with Town(Path(folder) / "var", bots=given.bots, pin=not given.no_pin).running() as town, _bot(town, given):
            front, alone = FrontDoor(town, given.pause), RasaAlone(town, given.pause)
            front.learn()
            for _ in range(given.rounds):
                for at_once in given.at_once:
                    results.append(compare(town, front, alone, at_once))
                    sys.stderr.write(json.dumps(results[-1]) + "\n")
            hung = with_one_hung(town, front) if given.hung else None
    sys.stdout.write(table(results) + "\n")
    if hung is not None:
        sys.stdout.write(
            f"one hung resident: the other {hung['residents']} wait p50 {hung['p50_ms'][0]} -> {hung['p50_ms'][1]} ms,"
            f" p99 {hung['p99_ms'][0]} -> {hung['p99_ms'][1]} ms, failures {hung['failures']}\n"
        )
    failures = sum(row["front_door"]["failures"] + row["rasa"]["failures"] for row in results)
    sys.stdout.write(f"failures: {failures}\n")
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
