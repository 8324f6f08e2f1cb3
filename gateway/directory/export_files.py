"""Writes a dataset as an HSDS 3.1 package: one CSV file per object, ``datapackage.json``, and full services in JSON."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import exceptions, exporting, outgoing
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


def export(
    session: Session, dataset: str, folder: Path, *, strict: bool = False, now: datetime | None = None
) -> Iterator[str]:
    """Write a dataset and say what was written, and what HSDS could not hold.

    ``strict`` leaves out ``translations`` and ``holiday_schedules``, for which HSDS has no place. ``now`` adds to the
    alerts which services are closed at that moment. The folder appears whole or not at all. Raises
    :class:`ExportFailed` for a dataset that is not there and a folder that holds files.
    """
    if session.get(Dataset, dataset) is None:
        known = ", ".join(session.scalars(select(Dataset.name).order_by(Dataset.name))) or "none"
        raise ExportFailed(f"There is no dataset {dataset!r}. There are: {known}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportFailed(f"{folder} holds something already; name a new folder.")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    package = _Package(session, dataset, part, strict, now)
    try:
        yield f"  {'services.json':<24} {package.write_services():>8} services"
        package.said.clear()  # the tables say the same of each row once
        yield from package.write_tables()
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for sentence, count in sorted(package.said.items()):
        yield f"  Note: {sentence} ({count})"


@dataclass
class _Package:
    """One dataset on its way into a folder; ``said`` counts what HSDS could not hold."""

    session: Session
    dataset: str
    folder: Path
    strict: bool
    now: datetime | None
    said: Counter[str] = field(default_factory=Counter)

    def write_services(self) -> int:
        """Write ``services.json``; returns how many there are."""
        count, ours = 0, not self.strict
        with (self.folder / "services.json").open("w", encoding="utf-8") as stream:
            stream.write("[")
            for full in exporting.every_service(self.session, self.dataset, ours=ours, said=self.said, now=self.now):
                stream.write(",\n" if count else "\n")
                stream.write(json.dumps(full, ensure_ascii=False))
                count += 1
            stream.write("\n]\n")
        return count

    def write_tables(self) -> Iterator[str]:
        """Write a CSV file for each object that there is, and ``datapackage.json``."""
        resources = []
        for kind in KINDS:
            if self.strict and kind.name in exporting.OURS:
                continue
            columns = [*outgoing.columns(kind), *_used_extra(self.session, kind, self.dataset)]
            path = f"{FILES[kind.name]}.csv"
            count = self._write_table(kind, columns, self.folder / path)
            if count:
                fields = [{"name": column} for column in columns]
                resources.append({"name": FILES[kind.name], "path": path, "schema": {"fields": fields}})
                yield f"  {path:<24} {count:>8} rows"
        package = {"name": self.dataset, "profile": "tabular-data-package", "resources": resources}
        (self.folder / "datapackage.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")

    def _write_table(self, kind: Kind, columns: list[str], file: Path) -> int:
        """The number of rows; no file where there are none."""
        count = 0
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            for row in self._shown(kind):
                cells = outgoing.cells(kind, row, self.said)
                if cells is not None:
                    writer.writerow(cells)
                    count += 1
        if not count:
            file.unlink()
        return count

    def _shown(self, kind: Kind) -> Iterator[dict[str, Any]]:
        """The rows of one object without the addresses that are not shown, services with what is closed now."""
        if kind.name == "location":
            for row in self._rows(kind):
                if row["id"] in self._hidden:
                    self.said[exporting.NOT_SHOWN] += 1
                yield row | dict.fromkeys(exporting.HIDDEN) if row["id"] in self._hidden else row
        elif kind.name == "address":
            yield from (row for row in self._rows(kind) if row["location_id"] not in self._hidden)
        elif kind.name == "service":
            closed = exceptions.alerts(self.session, self.dataset, self.now) if self.now else {}
            yield from (exporting.with_alert(row, closed) for row in self._rows(kind))
        else:
            yield from self._rows(kind)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        of = select(Location.id).where(Location.dataset == self.dataset, Location.confidential.is_(True))
        return frozenset(self.session.scalars(of))

    def _rows(self, kind: Kind) -> Iterator[dict[str, Any]]:
        """The rows of one object in the order of their ids."""
        last = ""
        while True:
            beyond = (kind.table.c.dataset == self.dataset, kind.table.c.id > last)
            query = select(kind.table).where(*beyond, *exporting.told(kind.name))
            rows = self.session.execute(query.order_by(kind.table.c.id).limit(BATCH)).mappings().all()
            yield from map(dict, rows)
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
