"""How long a search takes as a directory grows, and what taking it in costs.

    python -m bench.directory                      # 5,000 and 50,000 services
    python -m bench.directory --services 5000 50000 500000 --json figures.json
    python -m bench.directory --services 500000 --keep FOLDER   # imports once, searches again at the next call

For each size: writes a made-up region (``bench.town_maker``), imports it into an empty Postgres of its own, and
searches it as residents do, one after the other: what is asked is the same at every size. Half of it are facts that
the bot heard (needs, a ZIP), half are questions in words, read as the gateway reads them: in English and Spanish,
about one topic of ``topics.yml`` or two, with slips of the pen, with ZIPs, cities, corners and no place; reading one
is part of its time. Then it reads the directory as programs do through the API, without HTTP. Prints p50 and p99 of
all searches and of each kind, the ratio of the p99 to the smallest size's, the minutes of the import and the most
memory that the importing process held. Searches of the first pass are not counted: they warm the store's memory, as a
town's first residents of a day would.
"""

import argparse
import contextlib
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
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import town_maker
from bench.town import line_of_the_machine
from bench.town_words import NEEDS
from gateway import garbage, schema, services
from gateway.db import Database
from gateway.directory import asking, gazetteer, needs, publishing, topics
from gateway.directory.holidays import FEDERAL
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.settings import sqlalchemy_url
from gateway.yaml_files import read_yaml

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
HOME = "America/Los_Angeles"
PROGRAM_READS = 20
TOLD_EVERY = 100  # searches
GOAL_MS, GOAL_RATIO = 50.0, 3.0
STREETS = ("24th and mission", "main st", "market & 1st ave")
SAID = {
    "en": ("{what}", "i need {what}", "where can i get {what}", "looking for {what} pls", "can someone help w {what}"),
    "es": ("{what}", "necesito {what}", "donde hay {what}", "busco {what} por favor", "nesesito alluda con {what}"),
}
AT = {"en": ("{said} near {where}", "{said} in {where}"), "es": ("{said} cerca de {where}", "{said} en {where}")}
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


class Said(NamedTuple):
    """A question in a resident's own words."""

    text: str
    language: str


def said(count: int, seed: int = 7) -> list[tuple[str, Said]]:
    """What residents write: the words of a topic or of two, with slips, and where they are."""
    chance = random.Random(seed)
    region, phrases = town_maker.region(), {language: _phrases(language) for language in SAID}
    out = []
    for _ in range(count):
        language = chance.choice(("en", "en", "es"))
        kind = chance.choices(("topic, ZIP", "topic, city", "topic, corner", "slip, city", "two topics"), SAID_KINDS)[0]
        what = " ".join(chance.sample(phrases[language], 2 if kind == "two topics" else 1))
        asked_so = chance.choice(SAID[language]).format(what=_slip(what, chance) if kind == "slip, city" else what)
        here = chance.choice(region)
        where = {"topic, ZIP": here.zip, "topic, corner": chance.choice(STREETS), "two topics": ""}.get(kind, here.city)
        written = chance.choice(AT[language]).format(said=asked_so, where=where) if where else asked_so
        out.append((kind, Said(written, language)))
    return out


SAID_KINDS = (30, 30, 10, 15, 15)


def _phrases(language: str) -> list[str]:
    """Everything by which a topic is known in a language, where it can be said as it is written."""
    rules = read_yaml(topics.FILE).values()
    found = (str(word) for rule in rules for key in ("words", "asked") for word in rule.get(key, {}).get(language, ()))
    return sorted(word for word in found if not {"*", "_"} & set(word))


def _slip(what: str, chance: random.Random) -> str:
    """The longest word with two neighbours swapped."""
    longest = max(what.split(), key=len)
    at = chance.randrange(1, max(2, len(longest) - 1))
    return what.replace(longest, longest[:at] + longest[at : at + 2][::-1] + longest[at + 2 :])


@cache
def town() -> gazetteer.Town | None:
    """The community that the region is."""
    zips = frozenset(one.zip for one in town_maker.region())
    return gazetteer.town_of("The region", "CA", zips, None, FEDERAL)


def measure(size: int, searches: int, keep: Path | None = None) -> dict[str, Any]:
    """Everything for one size, in a store of its own; with ``keep`` the store stays there and is searched again."""
    with contextlib.ExitStack() as stack:
        if keep:
            folder = keep / str(size)
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="front-door-bench-")))
        folder.chmod(0o711)
        postgres = services.start_postgres(folder)
        stack.callback(postgres.stop)
        database = stack.enter_context(closing(Database(sqlalchemy_url(postgres.url), statement_ms=0)))
        taken = _taken_in(database, folder, size)
        return taken | _searched(database, searches) | {"programs": _read_by_programs(database, size)}


def _taken_in(database: Database, folder: Path, size: int) -> dict[str, Any]:
    """Write and import the region, where the folder does not hold it whole already."""
    done = folder / "imported.json"
    if done.exists():
        return dict(json.loads(done.read_text()))
    _tell(f"{size:,} services: writing them")
    counts = town_maker.write(folder / "region", size)
    schema.upgrade(database)
    _tell("importing them")
    taken = {"services": size, "rows": sum(counts.values())} | _import(database, folder / "region")
    done.write_text(json.dumps(taken))
    return taken


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
    for warm, wants in ((True, _mixed(count // 4, seed=8)), (False, _mixed(count, seed=7))):
        garbage.look_seldom()  # as the worker does
        for number, (kind, wanted) in enumerate(wants, start=1):
            with database.begin() as session:
                started = time.perf_counter()
                found = search(session, _read(session, wanted), NOW, home=HOME, town=town())
                seconds = time.perf_counter() - started
            if number % TOLD_EVERY == 0:
                _tell(f"{number} of {len(wants)} searches{' to warm up' if warm else ''}")
            if not warm:
                took[kind].append(seconds * 1000)
                took["all"].append(seconds * 1000)
                nothing += not found.services and not found.places
    return {"searches": {kind: _spread(times) for kind, times in sorted(took.items())}, "nothing": nothing}


def _mixed(count: int, seed: int) -> list[tuple[str, Wanted | Said]]:
    """Half facts, half words, in turns."""
    pairs = zip(asked(count // 2, seed), said(count // 2, seed), strict=True)
    return [one for pair in pairs for one in pair]


def _read(session: Session, wanted: Wanted | Said) -> Wanted:
    if isinstance(wanted, Wanted):
        return wanted
    return asking.wanted(session, wanted.text, needs.standard(), town(), wanted.language, NOW, HOME)


def _tell(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
    sys.stderr.flush()


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
    parser.add_argument("--searches", type=int, default=800)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder that keeps each store, to be searched again later")
    given = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for size in sorted(given.services):  # the smallest first: the most memory ever held only grows
        rows.append(measure(size, given.searches, given.keep) | line_of_the_machine())
        sys.stderr.write(json.dumps(rows[-1]) + "\n")
    sys.stdout.write(table(rows) + "\n")
    sys.stdout.write(f"goals: p99 {GOAL_MS:.0f} ms at 50,000; at 500,000 at most {GOAL_RATIO:.0f} times that\n")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
