"""How long a large directory takes to come in and to go out, and in how much memory.

``python -m bench.directory_import`` starts a Postgres of its own, writes a directory of that many services as HSDS 3.1
CSV files with the faults of real ones (hours in words, two phones in a cell, dates that are none), imports it, imports
it again, imports it with one service in fifty changed, and exports it.
"""

import argparse
import csv
import random
import resource
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import schema, services
from gateway.db import Database
from gateway.directory import export_files
from gateway.directory.importing import import_path

WORDS = (
    "food pantry groceries meals shelter beds rent eviction lawyer clinic doctor dental counseling recovery jobs "
    "training seniors youth family veterans legal aid clothing diapers utility bills transport classes english"
).split()
HOURS = ("9am", "9:00", "09:00", "9:00 AM"), ("5pm", "17:00", "5:00 PM", "4:30 pm")
DAYS = ("MO,TU,WE,TH,FR", "Mon-Fri", "Monday", "2nd Tuesday", "SA,SU")
CITIES = (("San Francisco", "CA", "94110", 37.75, -122.41), ("Chicago", "IL", "60608", 41.85, -87.66))
Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns 0."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--services", type=int, default=50_000)
    asked = options.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="front-door-bench-"))
    folder.chmod(0o711)
    try:
        postgres = services.start_postgres(folder)
        try:
            measure(Database(postgres.url, statement_ms=0), folder, asked.services)
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(database: Database, folder: Path, most: int) -> None:
    """The four runs, one line each."""
    schema.upgrade(database)
    package, out = folder / "county", folder / "out"
    rows = write(package, most)
    tell(f"{most:,} services, {rows:,} rows, {sum(f.stat().st_size for f in package.iterdir()) / 1e6:.0f} MB of CSV")
    before = peak_megabytes()
    now = datetime.now(UTC)
    first = timed("first import", lambda: import_path(database, package, now, dataset="county"))
    if first.taken["service"] != most:
        raise SystemExit(f"only {first.taken['service']} services were taken")
    again = timed("the same again", lambda: import_path(database, package, now, dataset="county"))
    if not again.unchanged:
        raise SystemExit("the same again changed something")
    write(package, most, change=50)
    timed("one in 50 changed", lambda: import_path(database, package, now, dataset="county"))

    def export() -> None:
        with database.begin() as session:
            list(export_files.export(session, "county", out))

    timed("export", export)
    tell(f"memory of this process: {before:.0f} MB before, at most {peak_megabytes():.0f} MB after")
    database.close()


def timed[Result](what: str, run: Callable[[], Result]) -> Result:
    """Run it and print how long it took."""
    started, busy = time.monotonic(), time.process_time()
    result = run()
    took, busy = time.monotonic() - started, time.process_time() - busy
    tell(f"{what:<20} {took:7.1f} s, of which {busy:6.1f} s of one core here   peak {peak_megabytes():.0f} MB")
    return result


def tell(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def peak_megabytes() -> float:
    """The most that this process ever held; Postgres is another one."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(folder: Path, most: int, change: int = 0) -> int:
    """Write the package; every ``change``-th service has another description. Returns the number of rows."""
    folder.mkdir(exist_ok=True)
    chance = random.Random(5)
    count = 0
    files: dict[str, Any] = {}
    writers: dict[str, Any] = {}
    for number in range(most):
        for kind, row in rows_of(number, chance, changed=bool(change) and number % change == 0):
            if kind not in files:
                files[kind] = (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="")
                writers[kind] = csv.DictWriter(files[kind], list(row))
                writers[kind].writeheader()
            writers[kind].writerow(row)
            count += 1
    for stream in files.values():
        stream.close()
    return count


def rows_of(number: int, chance: random.Random, *, changed: bool) -> Iterator[tuple[str, Row]]:
    """One service with its place, and an organization for every fifth."""
    named = {kind: str(uuid.UUID(int=chance.getrandbits(128))) for kind in ("s", "l", "a", "d", "p", "h", "x", "g")}
    organization = str(uuid.uuid5(uuid.NAMESPACE_OID, str(number // 5)))
    if number % 5 == 0:
        yield "organization", {"id": organization, "name": f"Organization {number // 5}", "description": "Neighbors"}
    words = chance.choices(WORDS, k=40)
    city, state, code, latitude, longitude = CITIES[number % 2]
    service = {"service_id": named["s"]}
    yield (
        "service",
        {
            "id": named["s"],
            "organization_id": organization,
            "name": " ".join(words[:3]).capitalize(),
            "status": "active",
            "description": " ".join(words) + (" changed" if changed else ""),
            "minimum_age": chance.choice(("", "", "18", "18+", "adults")),
            "assured_date": chance.choice(("2026-01-05", "May", "3/4/2025")),
        },
    )
    yield (
        "location",
        {
            "id": named["l"],
            "location_type": "physical",
            "name": "Hall",
            "latitude": latitude + chance.uniform(-1, 1),
            "longitude": longitude + chance.uniform(-1, 1),
        },
    )
    yield "service_at_location", {"id": named["a"], **service, "location_id": named["l"]}
    yield (
        "address",
        {
            "id": named["d"],
            "location_id": named["l"],
            "address_1": f"{number} Main St",
            "city": city,
            "state_province": state,
            "postal_code": code,
            "country": "US",
            "address_type": "physical",
        },
    )
    number_given = chance.choice(("415 555 0101", "(415) 555-0101 / (415) 555-0102", "415-555-0101 ext. 12"))
    yield "phone", {"id": named["p"], **service, "number": number_given, "type": "voice"}
    yield (
        "schedule",
        {
            "id": named["h"],
            **service,
            "freq": "",
            "byday": chance.choice(DAYS),
            "opens_at": chance.choice(HOURS[0]),
            "closes_at": chance.choice(HOURS[1]),
        },
    )
    yield "service_area", {"id": named["x"], **service, "name": f"{city} County"}
    yield "language", {"id": named["g"], **service, "name": "Spanish"}


if __name__ == "__main__":
    sys.exit(main())
