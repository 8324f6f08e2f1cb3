"""Reads CSV files as spreadsheets and exports really write them: their encoding, delimiter, title and header rows."""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from gateway.directory.report import ImportFailed, Remark, Report

CHUNK = 1 << 16
ENDINGS = (".csv", ".tsv")
LARGEST_CELL = 10_000_000
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
OFTEN = 500  # rows between two looks at how far the file is read


@dataclass(frozen=True)
class Table:
    """One CSV file: how it is read, its column names as written, and the line on which these stand."""

    file: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    line: int

    @property
    def stem(self) -> str:
        """The file's name without its ending, as :func:`plain` writes it."""
        return plain(self.file.stem)


def plain(name: str) -> str:
    """A name of a column or file in small letters and underscores: "Organization ID" -> ``organization_id``."""
    return re.sub(r"\W+", "_", name.casefold()).strip("_")


def snake(name: str) -> str:
    """The same for a name in humps: "organizationId" -> ``organization_id``."""
    return plain(HUMP.sub("_", name))


def look(file: Path, report: Report) -> Table:
    """Find out how a file is written. Raises :class:`ImportFailed` where it is no text of rows."""
    encoding = encoding_of(file, report)
    csv.field_size_limit(LARGEST_CELL)
    with file.open(encoding=encoding, newline="") as stream:
        try:
            delimiter = _delimiter(stream)
        except UnicodeError as error:
            raise ImportFailed([f"{file.name}: {_said(error)}"]) from error
        rows = _reader(stream, delimiter)
        try:
            title: list[str] = next(rows, [])
            first = title
            if sum(bool(cell.strip()) for cell in first) == 1 and _more(second := next(rows, list[str]())):
                first = second  # the sheet's title stands alone above the columns
                report.notes.append(f"{file.name}: the line above the columns was passed over: {_short(title)}")
        except (csv.Error, UnicodeError) as error:
            raise ImportFailed([f"{file.name}, line {rows.line_num + 1}: {_said(error)}"]) from error
        return Table(file, encoding, delimiter, tuple(name.strip() for name in first), rows.line_num)


def rows(table: Table, kind: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """The rows below the column names with their lines, empty ones left out. Raises :class:`ImportFailed`."""
    header = [plain(name) for name in table.names]
    with table.file.open(encoding=table.encoding, newline="") as stream:
        reader = _reader(stream, table.delimiter)
        before = report.bytes_read
        try:
            for number, cells in enumerate(reader):
                if number % OFTEN == 0:
                    report.bytes_read = before + os.lseek(stream.fileno(), 0, os.SEEK_CUR)
                if reader.line_num <= table.line or not any(cell.strip() for cell in cells):
                    continue
                if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                    report.refuse(kind, Remark(table.file.name, reader.line_num, "more cells than columns"))
                elif plain(cells[0]) == header[0] and [plain(cell) for cell in cells] == header:
                    report.refuse(kind, Remark(table.file.name, reader.line_num, "the column names once more"))
                else:
                    yield reader.line_num, cells
        except (csv.Error, UnicodeError) as error:
            line = reader.line_num + isinstance(error, UnicodeError)  # a line that is no text is not counted
            raise ImportFailed([f"{table.file.name}, line {line}: {_said(error)}"]) from error
        report.bytes_read = before + table.file.stat().st_size


def _reader(stream: TextIO, delimiter: str) -> Any:
    return csv.reader(stream, delimiter=delimiter, strict=True)


def _delimiter(stream: TextIO) -> str:
    """The sign that stands most often in the first line that has any; one inside quotes does not count."""
    head = QUOTED.sub("", stream.read(CHUNK))
    stream.seek(0)
    for line in head.splitlines()[:2]:
        if any(sign in line for sign in DELIMITERS):
            return max(DELIMITERS, key=line.count)
    return DELIMITERS[0]


def _more(cells: list[str]) -> bool:
    return sum(bool(cell.strip()) for cell in cells) > 1


def _said(error: csv.Error | UnicodeError) -> str:
    return str(error) if isinstance(error, csv.Error) else "it is no text; is it a packed file or a workbook?"


def _short(cells: list[str]) -> str:
    return " ".join(" ".join(cells).split())[:60]


def encoding_of(file: Path, report: Report) -> str:
    """UTF-8 as HSDS wants it; else one that spreadsheets on Windows write."""
    with file.open("rb") as start:
        mark = BYTE_ORDER_MARKS.get(start.read(2))
    if mark:
        report.notes.append(f"{file.name} is not UTF-8; it was read as UTF-16")
        return mark
    try:
        with file.open(encoding="utf-8-sig") as stream:
            while stream.read(CHUNK):
                pass
    except UnicodeDecodeError:
        report.notes.append(f"{file.name} is not UTF-8; it was read as Windows-1252")
        return "cp1252"
    return "utf-8-sig"
