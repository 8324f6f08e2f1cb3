"""Reads HSDS 3 files, CSV or JSON, as one stream of rows; a file of any size needs only little memory."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from gateway.directory import mapping as mapping_file
from gateway.directory import objects, tables, translating
from gateway.directory.flatten import Record, flatten
from gateway.directory.outgoing import FROM_EXTRA
from gateway.directory.report import ImportFailed, Remark, Report
from gateway.directory.tables import Table

CHUNK = 1 << 16
NO_LISTS = frozenset(("datapackage.json", "report.json"))
SPACE = re.compile(r"[\s,]*")
# A page of a list: as the HSDS API gives it, and under the names that other programs give theirs.
LISTS = ("contents", "data", "results", "items", "records")
CONTENTS = re.compile(rf'^\s*\{{[^\[{{]{{0,2000}}"(?:{"|".join(LISTS)})"\s*:\s*(?=\[)')
OF_ITS_OWN = "a table with columns of its own is read by a mapping file: docs/importing.md says how"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
LONGEST_NUMBER = 400  # digits; a longer one is kept as text


@dataclass(frozen=True)
class Package:
    """The files of one import: ``tables`` are CSV files, ``lists`` are JSON files; ``kinds`` name the object of each
    table by its file's name."""

    tables: list[Table]
    lists: list[Path]
    kinds: dict[str, str] = field(default_factory=dict)


def records(path: Path, report: Report, mapping: Path | None = None) -> Iterator[Record]:
    """Every row under a path, in file order.

    ``mapping`` is a file that says how CSV files of another shape are read; without it the one of ours that fits them
    best is taken, if any fits better than HSDS 3 itself. Raises :class:`ImportFailed` when there is nothing to read, a
    file is broken, or two mappings fit alike.
    """
    package = _package(path, report)
    report.bytes_total += sum(file.stat().st_size for file in (*(t.file for t in package.tables), *package.lists))
    if package.tables:
        yield from _table_records(package, report, mapping)
    for file in package.lists:
        for number, item in enumerate(_items(file, report), start=1):
            yield from _json_records(item, file.name, number, report)


def _package(path: Path, report: Report) -> Package:
    if not path.exists():
        raise ImportFailed([f"{path} does not exist"])
    if path.is_file():
        return _single(path)
    files, lists = _files(path, tables.ENDINGS), _files(path, JSON_ENDINGS)
    if files:
        report.notes += [f"{file.name} was not read, because the folder holds CSV files" for file in lists]
        return Package([tables.look(file, report) for file in files], [], _resources(path, report))
    if not lists and (below := _only_folder(path)):
        report.notes.append(f"{path.name} holds nothing but the folder {below.name}, which was read")
        return _package(below, report)
    if not lists:
        raise ImportFailed([f"{path} holds neither HSDS CSV files (service.csv, …) nor JSON files"])
    return Package([], lists)


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    files = (file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    return sorted(file for file in files if file.suffix.lower() in endings and file.name.lower() not in NO_LISTS)


def _only_folder(folder: Path) -> Path | None:
    """The one folder inside, as when somebody packs a folder and not its files."""
    below = [each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "__"))]
    return below[0] if len(below) == 1 else None


def _single(path: Path) -> Package:
    if path.suffix.lower() in JSON_ENDINGS:
        return Package([], [path])
    raise ImportFailed([f"{path.name} is not JSON; give the folder that holds the CSV files"])


def _table_records(package: Package, report: Report, mapping: Path | None) -> Iterator[Record]:
    chosen = mapping_file.load(mapping) if mapping else _fitting(package)
    if chosen:
        report.notes.append(f"the files were read as {chosen.name}")
        yield from translating.records(chosen, package.tables, report)
        return
    for table in package.tables:
        kind = _kind(package, table)
        if kind in objects.BY_NAME:
            yield from _csv_records(kind, table, report)
        else:
            reason = objects.not_kept(kind) or f"no HSDS object goes by that name; {OF_ITS_OWN}"
            report.notes.append(f"{table.file.name} was left out: {reason}")


def _fitting(package: Package) -> mapping_file.Mapping | None:
    """The share of columns that HSDS 3 knows decides against the mappings."""
    known = total = 0
    for table in package.tables:
        names, kind = {tables.plain(name) for name in table.names}, _kind(package, table)
        total += len(names)
        known += len(names) if objects.not_kept(kind) else 0
        known += len(names & _known(kind, names)) if kind in objects.BY_NAME else 0
    return mapping_file.choose(package.tables, known / max(total, 1), mapping_file.shipped())


def _known(kind: str, names: set[str]) -> set[str]:
    """The columns of HSDS 3; its ``fees`` stand beside ``fees_description``, those of HSDS 2 alone."""
    extra = set(FROM_EXTRA.get(kind, ())) - (set() if "fees_description" in names else {"fees"})
    return set(objects.BY_NAME[kind].types) | extra


def _kind(package: Package, table: Table) -> str:
    return objects.kind_of(package.kinds.get(table.file.name, table.file.stem))


def _resources(folder: Path, report: Report) -> dict[str, str]:
    """File names by object, when a ``datapackage.json`` says so (Frictionless tabular data package).

    One that cannot be read is no list: in the specification's own examples it is a link, which Windows and some ZIPs
    turn into a file that holds a path. The files' own names say what they are.
    """
    file = folder / "datapackage.json"
    if not file.exists():
        return {}
    try:
        resources = json.loads(file.read_text(encoding="utf-8-sig")).get("resources", [])
        return {Path(str(r["path"])).name: str(r["name"]) for r in resources if "path" in r and "name" in r}
    except (ValueError, AttributeError, TypeError):
        report.notes.append("datapackage.json could not be read; what each file holds was told by its name")
        return {}


def _csv_records(kind: str, table: Table, report: Report) -> Iterator[Record]:
    names = [_column(kind, name) or f"column_{place}" for place, name in enumerate(table.names, start=1)]
    if not any(table.names):
        return
    if "id" not in names and f"{kind}_id" in names and f"{kind}_id" not in objects.BY_NAME[kind].types:
        names[names.index(f"{kind}_id")] = "id"
        report.notes.append(f"{table.file.name} has no column 'id'; {kind}_id was read as it")
    _check_columns(kind, table.file, names)
    for name in sorted({name for name in names if names.count(name) > 1}):
        report.notes.append(f"{table.file.name} has the column {name!r} more than once; the last one was read")
    for line, cells in tables.rows(table, kind, report):
        yield Record(kind, table.file.name, line, dict(zip(names, cells, strict=False)))


def _column(kind: str, name: str) -> str:
    """The column that is meant: "Organization ID", "organizationId"."""
    plain, snake = tables.plain(name), tables.snake(name)
    return snake if snake in objects.BY_NAME[kind].types else plain


def _check_columns(kind: str, file: Path, names: list[str]) -> None:
    needed = {"name"} & set(objects.BY_NAME[kind].required) | ({"id"} if objects.BY_NAME[kind].standing else set())
    missing = sorted(needed - set(names))
    if missing:
        raise ImportFailed([*(f"{file.name} has no column {column!r}" for column in missing), OF_ITS_OWN])


def _json_records(item: Any, file: str, number: int, report: Report) -> Iterator[Record]:
    rows = flatten(item, file, number) if isinstance(item, dict) else iter(())
    first = next(rows, None)
    if first is None:
        report.refuse("service", Remark(file, number, "not an HSDS object"))
        return
    yield first
    try:
        yield from rows
    except RecursionError:
        report.refuse(first.kind, Remark(file, number, "objects lie in each other too deep to be read"))


def _items(file: Path, report: Report) -> Iterator[Any]:
    """The objects of a JSON file: a list, a page with ``contents``, one object, or one object a line."""
    try:
        with file.open(encoding=tables.encoding_of(file, report)) as stream:
            before = report.bytes_read
            for item in _decode(stream):
                report.bytes_read = before + os.lseek(stream.fileno(), 0, os.SEEK_CUR)
                yield item
    except (json.JSONDecodeError, UnicodeError) as error:
        raise ImportFailed([f"{file.name} is not JSON: {error}"]) from error
    except RecursionError as error:
        raise ImportFailed([f"{file.name}: its objects lie in each other too deep to be read"]) from error


def _decode(stream: TextIO) -> Iterator[Any]:
    """Decode one object after the other, reading on only while an object is incomplete."""
    decoder = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_NUMBER else digits)
    buffer = stream.read(CHUNK)
    page = _page(buffer)
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
        yield from _listed(item)
        buffer, more = buffer[end:], CHUNK


def _page(buffer: str) -> re.Match[str] | None:
    """The head of a page before its list; an object with a name is no page, whatever lists it has."""
    page = CONTENTS.match(buffer)
    return page if page and '"name"' not in page.group() else None


def _listed(item: Any) -> list[Any]:
    """The objects of a page; one that is no page is one object."""
    if not isinstance(item, dict) or "name" in item:
        return [item]
    lists = [item[name] for name in LISTS if isinstance(item.get(name), list)]
    return lists[0] if lists else [item]


def _expect_end(buffer: str, *, inside: bool) -> None:
    if inside and not buffer.startswith("]"):
        raise json.JSONDecodeError("the list is cut off", buffer, 0)


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
