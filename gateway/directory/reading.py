"""Reads HSDS 3 files, CSV or JSON, as one stream of rows; a file of any size needs only little memory."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from gateway.directory import objects
from gateway.directory.flatten import Record, flatten
from gateway.directory.report import ImportFailed, Remark, Report

CHUNK = 1 << 16
LARGEST_CELL = 10_000_000
SPACE = re.compile(r"[\s,]*")
CONTENTS = re.compile(r'^\s*\{[^\[{]*"contents"\s*:\s*')  # a page of a list, as the HSDS API gives it


@dataclass(frozen=True)
class Package:
    """The files of one import: ``tables`` are CSV files by the object they hold, ``lists`` are JSON files."""

    tables: list[tuple[str, Path]]
    lists: list[Path]


def records(path: Path, report: Report) -> Iterator[Record]:
    """Every row under a path, in file order.

    Raises :class:`ImportFailed` when there is nothing to read or a file is broken.
    """
    package = _package(path, report)
    for kind, file in package.tables:
        yield from _csv_records(kind, file, report)
    for file in package.lists:
        for number, item in enumerate(_items(file), start=1):
            yield from _json_records(item, file.name, number, report)


def _package(path: Path, report: Report) -> Package:
    if not path.exists():
        raise ImportFailed([f"{path} does not exist"])
    if path.is_file():
        return _single(path)
    tables = list(_tables(path, report))
    lists = sorted(file for file in path.glob("*.json") if file.name != "datapackage.json")
    if tables:
        report.notes += [f"{file.name} was not read, because the folder holds CSV files" for file in lists]
        return Package(tables, [])
    if not lists:
        raise ImportFailed([f"{path} holds neither HSDS CSV files (service.csv, …) nor JSON files"])
    return Package([], lists)


def _single(path: Path) -> Package:
    if path.suffix.lower() in {".json", ".jsonl", ".ndjson"}:
        return Package([], [path])
    raise ImportFailed([f"{path.name} is not JSON; give the folder that holds the CSV files"])


def _tables(folder: Path, report: Report) -> Iterator[tuple[str, Path]]:
    named = _resources(folder)
    for file in sorted(folder.glob("*.csv")):
        kind = objects.kind_of(named.get(file.name, file.stem))
        if kind in objects.BY_NAME:
            yield kind, file
        else:
            reason = objects.not_kept(kind) or "no HSDS object goes by that name"
            report.notes.append(f"{file.name} was left out: {reason}")


def _resources(folder: Path) -> dict[str, str]:
    """File names by object, when a ``datapackage.json`` says so (Frictionless tabular data package)."""
    file = folder / "datapackage.json"
    if not file.exists():
        return {}
    try:
        resources = json.loads(file.read_text(encoding="utf-8-sig")).get("resources", [])
        return {Path(str(r["path"])).name: str(r["name"]) for r in resources if "path" in r and "name" in r}
    except (ValueError, AttributeError, TypeError) as error:
        raise ImportFailed([f"datapackage.json is broken: {error}"]) from error


def _csv_records(kind: str, file: Path, report: Report) -> Iterator[Record]:
    csv.field_size_limit(LARGEST_CELL)
    with file.open(encoding=_encoding(file, report), newline="") as stream:
        header = stream.readline()
        stream.seek(0)
        rows = csv.reader(stream, delimiter=max(",;\t", key=header.count), strict=True)
        try:
            names = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
            if not names:
                return
            _check_columns(kind, file, names)
            for cells in rows:
                if len(cells) > len(names) and any(cells[len(names) :]):
                    report.refuse(kind, Remark(file.name, rows.line_num, "more cells than columns"))
                elif any(cell.strip() for cell in cells):
                    yield Record(kind, file.name, rows.line_num, dict(zip(names, cells, strict=False)))
        except csv.Error as error:
            raise ImportFailed([f"{file.name}, line {rows.line_num}: {error}"]) from error


def _check_columns(kind: str, file: Path, names: list[str]) -> None:
    needed = {"name"} & set(objects.BY_NAME[kind].required) | ({"id"} if objects.BY_NAME[kind].standing else set())
    missing = sorted(needed - set(names))
    if missing:
        raise ImportFailed([f"{file.name} has no column {column!r}" for column in missing])


def _encoding(file: Path, report: Report) -> str:
    """UTF-8 as HSDS wants it; else the one that spreadsheets on Windows write."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            while stream.read(CHUNK):
                pass
    except UnicodeDecodeError:
        report.notes.append(f"{file.name} is not UTF-8; it was read as Windows-1252")
        return "cp1252"
    return "utf-8-sig"


def _json_records(item: Any, file: str, number: int, report: Report) -> Iterator[Record]:
    rows = flatten(item, file, number) if isinstance(item, dict) else iter(())
    first = next(rows, None)
    if first is None:
        report.refuse("service", Remark(file, number, "not an HSDS object"))
        return
    yield first
    yield from rows


def _items(file: Path) -> Iterator[Any]:
    """The objects of a JSON file: a list, a page with ``contents``, one object, or one object a line."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            yield from _decode(stream)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ImportFailed([f"{file.name} is not JSON: {error}"]) from error


def _decode(stream: TextIO) -> Iterator[Any]:
    """Decode one object after the other, reading on only while an object is incomplete."""
    decoder = json.JSONDecoder()
    buffer = stream.read(CHUNK)
    page = CONTENTS.match(buffer)
    buffer = buffer[page.end() :] if page else buffer.lstrip()
    inside = buffer.startswith("[")
    buffer = buffer[1:] if inside else buffer
    more = CHUNK
    while True:
        buffer = buffer[_end(SPACE, buffer) :]
        if (inside and buffer.startswith("]")) or (not buffer and not (buffer := stream.read(CHUNK))):
            _expect_end(buffer, inside=inside)
            return
        try:
            item, end = decoder.raw_decode(buffer)
        except json.JSONDecodeError:
            more *= 2
            if not (piece := stream.read(more)):
                raise
            buffer += piece
            continue
        yield item
        buffer, more = buffer[end:], CHUNK


def _expect_end(buffer: str, *, inside: bool) -> None:
    if inside and not buffer.startswith("]"):
        raise json.JSONDecodeError("the list is cut off", buffer, 0)


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def services(items: Iterable[dict[str, Any]], file: str) -> Iterator[Record]:
    """Rows of HSDS services that are already in memory, such as those shipped with the product."""
    for number, item in enumerate(items, start=1):
        yield from flatten(item, file, number)
