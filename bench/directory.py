"""How long a search takes as a directory grows, and what taking it in costs.

    python -m bench.directory                      # 5,000 and 50,000 services
    python -m bench.directory --services 5000 50000 500000 --json figures.json

For each size: writes a made-up region (``bench.town_maker``), imports it into an empty Postgres of its own, and
searches it as residents do, one after the other: what is asked is the same at every size. Then it reads it as programs
do through the API, without HTTP. Prints p50 and p99 of all
searches and of each kind, the ratio of the p99 to the smallest size's, the minutes of the import and the most memory
that the importing process held. Searches of the first pass are not counted: they warm the store's memory, as a town's
first residents of a day would.
"""

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench import town_maker
from bench.town import line_of_the_machine
from bench.town_words import NEEDS
from gateway import schema, services
from gateway.db import Database
from gateway.directory import publishing
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.settings import sqlalchemy_url

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
HOME = "America/Los_Angeles"
PROGRAM_READS = 20
GOAL_MS, GOAL_RATIO = 50.0, 3.0
WORDS = ("diapers", "showers near me", "immigration lawyer", "section 8", "detox", "clases de trabajo", "vaccine")


def asked(count: int, seed: int = 7) -> list[tuple[str, Wanted]]:
    """What residents look for: mostly one need near a ZIP of the region, as often as the needs are met."""
    chance = random.Random(seed)
    region = town_maker.region()
    out = []
    for _ in range(count):
        where = chance.choice(region)
        one, other = (need.need for need in chance.choices(NEEDS, [need.weight for need in NEEDS], k=2))
        code, language = where.name[-5:], chance.choice(("en", "en", "es"))
        kind = chance.choices(("need, ZIP", "two needs, ZIP", "need, city", "need, no place", "words, ZIP"), KINDS)[0]
        wanted = {
            "need, ZIP": Wanted((one,), zip=code, language=language),
            "two needs, ZIP": Wanted((one, other), zip=code, language=language),
            "need, city": Wanted((one,), place=where.city, language=language),
            "need, no place": Wanted((one,), language=language),
            "words, ZIP": Wanted((), zip=code, text=chance.choice(WORDS), language=language),
        }[kind]
        out.append((kind, wanted))
    return out


KINDS = (55, 12, 13, 12, 8)


def measure(size: int, searches: int) -> dict[str, Any]:
    """Everything for one size, in a store of its own."""
    with tempfile.TemporaryDirectory(prefix="front-door-bench-") as given:
        folder = Path(given)
        folder.chmod(0o711)
        counts = town_maker.write(folder / "region", size)
        postgres = services.start_postgres(folder)
        try:
            with closing(Database(sqlalchemy_url(postgres.url), statement_ms=0)) as database:
                schema.upgrade(database)
                taken = _import(database, folder / "region")
                searched = _searched(database, searches)
                rows = {"services": size, "rows": sum(counts.values())}
                return rows | taken | searched | {"programs": _read_by_programs(database, size)}
        finally:
            postgres.stop()


def _import(database: Database, folder: Path) -> dict[str, Any]:
    started = time.monotonic()
    report = import_path(database, folder, NOW)
    seconds = time.monotonic() - started
    with database.begin() as session:
        size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    return {
        "import_seconds": round(seconds, 1),
        "import_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "store_mb": round(size / 1_000_000),
        "refused": sum(report.refused_count.values()),
    }


def _searched(database: Database, count: int) -> dict[str, Any]:
    took: dict[str, list[float]] = defaultdict(list)
    nothing = 0
    for warm, wants in ((True, asked(count // 4, seed=8)), (False, asked(count))):
        for kind, wanted in wants:
            with database.begin() as session:
                started = time.perf_counter()
                found = search(session, wanted, NOW, home=HOME)
                seconds = time.perf_counter() - started
            if not warm:
                took[kind].append(seconds * 1000)
                took["all"].append(seconds * 1000)
                nothing += not found.services
    return {"searches": {kind: _spread(times) for kind, times in sorted(took.items())}, "nothing": nothing}


def _read_by_programs(database: Database, size: int) -> dict[str, Any]:
    """What the API costs the store: a page and a service, as a program reads them all."""
    deep = size // publishing.MOST_PER_PAGE // 2
    most = publishing.MOST_PER_PAGE
    pages = {
        "first page": publishing.Asked(per_page=most),
        "first page, full": publishing.Asked(per_page=most, full=True),
        "page in the middle": publishing.Asked(page=max(1, deep), per_page=most),
        "rare words": publishing.Asked(search="expungement", per_page=most),
        "frequent words": publishing.Asked(search="help", per_page=most),
        "changed since": publishing.Asked(modified_after=NOW, per_page=most),
    }
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(PROGRAM_READS):
        ids: list[str] = []
        for kind, wanted in pages.items():
            with database.begin() as session:
                started = time.perf_counter()
                page = publishing.page(session, wanted)
                took[kind].append((time.perf_counter() - started) * 1000)
                ids = [item["id"] for item in page["contents"]] or ids
        with database.begin() as session:
            started = time.perf_counter()
            publishing.service(session, ids[0])
            took["one service"].append((time.perf_counter() - started) * 1000)
    return {kind: _spread(times) for kind, times in took.items()}


def _spread(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else [*times] * 99
    return {"count": len(times), "p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1)}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each size, then each kind of search."""
    first = rows[0]["searches"]["all"]["p99_ms"]
    lines = ["  services        rows  import     memory   store    search p50 / p99 ms   p99 ratio  nothing found"]
    for row in rows:
        whole = row["searches"]["all"]
        lines.append(
            f"{row['services']:10,}  {row['rows']:10,}  {row['import_seconds'] / 60:4.1f} min  {row['import_mb']:5} MB"
            f"  {row['store_mb']:5} MB   {whole['p50_ms']:7.1f} / {whole['p99_ms']:<8.1f}"
            f"   {whole['p99_ms'] / first:6.1f}     {row['nothing']} of {whole['count']}"
        )
    for what in ("searches", "programs"):
        lines.append(f"{what}, p50 / p99 ms, one column for each size")
        for kind in rows[0][what]:
            figures = (row[what].get(kind, {}) for row in rows)
            spread = "   ".join(f"{one.get('p50_ms', 0):7.1f} / {one.get('p99_ms', 0):<8.1f}" for one in figures)
            lines.append(f"  {kind:20} {spread}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the goals stand beside the figures, and nothing fails because of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--searches", type=int, default=400)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for size in sorted(given.services):  # the smallest first: the most memory ever held only grows
        rows.append(measure(size, given.searches) | line_of_the_machine())
        sys.stderr.write(json.dumps(rows[-1]) + "\n")
    sys.stdout.write(table(rows) + "\n")
    sys.stdout.write(f"goals: p99 {GOAL_MS:.0f} ms at 50,000; at 500,000 at most {GOAL_RATIO:.0f} times that\n")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
