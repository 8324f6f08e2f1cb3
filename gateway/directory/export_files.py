"""Writes a dataset as an HSDS 3.1 package: one CSV file per object, ``datapackage.json``, and full services in JSON."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import exporting, outgoing
from gateway.directory.objects import KINDS, Kind
from gateway.errors import FrontDoorError
from gateway.models.directory import Location
from gateway.models.listing import Dataset

BATCH = 5_000  # rows of one object held at once
# Source: ``path`` in the schemas of HSDS 3.1; the last two are ours.
FILES = {
    "accessibility": "accessibility",
    "address": "addresses",
    "attribute": "attributes",
    "cost_option": "cost_options",
    "language": "languages",
    "location": "locations",
    "organization": "organizations",
    "phone": "phones",
    "required_document": "required_documents",
    "schedule": "schedules",
    "service": "services",
    "service_area": "service_areas",
    "service_at_location": "service_at_location",
    "taxonomy": "taxonomies",
    "taxonomy_term": "taxonomy_terms",
    "holiday_schedule": "holiday_schedules",
    "translation": "translations",
}


class ExportFailed(FrontDoorError):
    """There is nothing to write, or no place to write it to."""


def export(session: Session, dataset: str, folder: Path, *, strict: bool = False) -> Iterator[str]:
    """Write a dataset and say what was written, and what HSDS could not hold.

    ``strict`` leaves out ``translations`` and ``holiday_schedules``, for which HSDS has no place. The folder appears
    whole or not at all. Raises :class:`ExportFailed` for a dataset that is not there and a folder that holds files.
    """
    if session.get(Dataset, dataset) is None:
        known = ", ".join(session.scalars(select(Dataset.name).order_by(Dataset.name))) or "none"
        raise ExportFailed(f"There is no dataset {dataset!r}. There are: {known}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFailed(f"{folder} holds something already; name a new folder.")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    said: Counter[str] = Counter()
    try:
        yield f"  {'services.json':<24} {_write_services(session, dataset, part, said, strict=strict):>8} services"
        said.clear()  # the tables say the same of each row once
        yield from _write_tables(session, dataset, part, said, strict=strict)
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for sentence, count in sorted(said.items()):
        yield f"  Note: {sentence} ({count})"


def _write_services(session: Session, dataset: str, part: Path, said: Counter[str], *, strict: bool) -> int:
    count = 0
    with (part / "services.json").open("w", encoding="utf-8") as stream:
        stream.write("[")
        for full in exporting.every_service(session, dataset, ours=not strict, said=said):
            stream.write(",\n" if count else "\n")
            stream.write(json.dumps(full, ensure_ascii=False))
            count += 1
        stream.write("\n]\n")
    return count


def _write_tables(session: Session, dataset: str, part: Path, said: Counter[str], *, strict: bool) -> Iterator[str]:
    confidential = select(Location.id).where(Location.dataset == dataset, Location.confidential.is_(True))
    hidden = frozenset(session.scalars(confidential))
    resources = []
    for kind in KINDS:
        if strict and kind.name in exporting.OURS:
            continue
        columns = [*outgoing.columns(kind), *_used_extra(session, kind, dataset)]
        path = f"{FILES[kind.name]}.csv"
        count = 0
        with (part / path).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            for row in _rows(session, kind, dataset, hidden):
                cells = outgoing.cells(kind, row, said)
                if cells is not None:
                    writer.writerow(cells)
                    count += 1
        if not count:
            (part / path).unlink()
            continue
        fields = [{"name": column} for column in columns]
        resources.append({"name": FILES[kind.name], "path": path, "schema": {"fields": fields}})
        yield f"  {path:<24} {count:>8} rows"
    package = {"name": dataset, "profile": "tabular-data-package", "resources": resources}
    (part / "datapackage.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")


def _rows(session: Session, kind: Kind, dataset: str, hidden: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The rows of one object in the order of their ids, without the addresses that are not shown."""
    last = ""
    while True:
        query = select(kind.table).where(kind.table.c.dataset == dataset, kind.table.c.id > last)
        rows = session.execute(query.order_by(kind.table.c.id).limit(BATCH)).mappings().all()
        for row in rows:
            if kind.name == "location" and row["id"] in hidden:
                yield dict(row) | dict.fromkeys(exporting.HIDDEN)
            elif kind.name != "address" or row["location_id"] not in hidden:
                yield dict(row)
        if len(rows) < BATCH:
            return
        last = rows[-1]["id"]


def _used_extra(session: Session, kind: Kind, dataset: str) -> list[str]:
    """The columns of HSDS that lie in ``extra`` and are filled anywhere."""
    table = kind.table
    return [
        name
        for name in outgoing.FROM_EXTRA.get(kind.name, ())
        if session.scalar(select(table.c.id).where(table.c.dataset == dataset, table.c.extra.has_key(name)).limit(1))
    ]
