"""How long a resident waits: webhook and whole answer at 1, 8 and 32 residents at once, and the memory of each process.

Run it against a demo that is up (`make run` in another terminal, or `make bench`, which starts one of its own):

    .venv/bin/python bench/residents.py [--var var] [--turns 6]

The webhook figure is what Twilio would see; the answer figure runs from the text leaving the handset until the first
text of the bot's answer arrives there, through the real bot and the real `twilio` client.
"""

import argparse
import json
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

LINES = {
    "es": ["necesito comida para mis hijos", "no", "94110", "mas", "gracias", "necesito ropa"],
    "en": ["need a place to sleep tonight", "no", "for me", "94110", "more", "thanks"],
}
ANSWER_SECONDS = 30.0


class Phones:
    """All handsets of one run: sends texts through the stand-in and notes when something arrives."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=40, limits=httpx.Limits(max_connections=128))
        self.arrived: dict[str, int] = {}
        self.changed = threading.Condition()
        self._version = self.http.get("/_standin/feed").json()["version"]
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            news = self.http.get("/_standin/feed", params={"after": self._version, "wait": 20}).json()
            self._version = news["version"]
            with self.changed:
                for text in news["messages"]:
                    if text["direction"] != "inbound" and text["status"] in {"queued", "accepted", "sent"}:
                        self.arrived[text["handset"]] = max(self.arrived.get(text["handset"], 0), text["seq"])
                self.changed.notify_all()

    def turn(self, number: str, body: str) -> tuple[float, float]:
        """One text and its answer: seconds of the webhook, seconds until something arrived."""
        before = self.arrived.get(number, 0)
        started = time.monotonic()
        answer = self.http.post("/_standin/inbound", json={"from": number, "body": body}).json()
        with self.changed:
            if not self.changed.wait_for(lambda: self.arrived.get(number, 0) > before, ANSWER_SECONDS):
                raise TimeoutError(f"no answer within {ANSWER_SECONDS} s")
        return float(answer["elapsed"]), time.monotonic() - started


def resident(phones: Phones, number: str, language: str, turns: int) -> list[tuple[float, float]]:
    """A whole conversation, one text after the other."""
    measured = []
    for line in LINES[language][:turns]:
        measured.append(phones.turn(number, line))
        time.sleep(0.3)  # later texts of the same answer arrive; they are not what is measured
    return measured


def measure(phones: Phones, at_once: int, turns: int, offset: int) -> dict[str, Any]:
    """So many residents at once, half of them in Spanish."""
    with ThreadPoolExecutor(at_once) as pool:
        jobs = [
            pool.submit(resident, phones, f"+1555555{offset + n:04d}", "es" if n % 2 else "en", turns)
            for n in range(max(at_once, 4))
        ]
        pairs = [pair for job in jobs for pair in job.result()]
    webhook, answer = ([pair[index] * 1000 for pair in pairs] for index in (0, 1))
    return {
        "residents": at_once,
        "texts": len(pairs),
        "webhook_ms": {"p50": round(statistics.median(webhook), 1), "p99": round(percentile(webhook, 99), 1)},
        "answer_ms": {"p50": round(statistics.median(answer), 1), "p99": round(percentile(answer, 99), 1)},
    }


def percentile(values: list[float], which: int) -> float:
    """The value that so many percent of the values do not exceed; 0 for none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, len(ranked) * which // 100)] if ranked else 0.0


def memory(pids: dict[str, int]) -> dict[str, int]:
    """Memory of each child and its descendants in MB, what processes share counted once (PSS, Linux)."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry))

    def whole(pid: int) -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return kilobytes + sum(whole(child) for child in parents.get(pid, []))

    return {name: whole(pid) // 1024 for name, pid in pids.items()}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table and, with ``--json``, the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--var", type=Path, default=Path("var"))
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    running = json.loads((given.var / "running.json").read_text())
    phones = Phones(running["standin_url"])
    measure(phones, 1, 2, 9000)  # warm up
    results = [measure(phones, at_once, given.turns, 1000 * at_once % 8000) for at_once in (1, 8, 32)]
    out = sys.stdout
    out.write("residents  texts  webhook p50/p99 ms  answer p50/p99 ms\n")
    for row in results:
        webhook, answer = row["webhook_ms"], row["answer_ms"]
        out.write(
            f"{row['residents']:9}  {row['texts']:5}  {webhook['p50']:8} / {webhook['p99']:<8}"
            f"  {answer['p50']:7} / {answer['p99']:<8}\n"
        )
    sizes = memory(running["pids"])
    out.write("memory MB: " + ", ".join(f"{name} {size}" for name, size in sizes.items()) + "\n")
    if given.json:
        given.json.write_text(json.dumps({"results": results, "memory_mb": sizes}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
