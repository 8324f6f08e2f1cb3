"""Turns the rows of a directory of another shape into rows of HSDS 3, as its mapping says."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dateutil import parser as dates

from gateway.directory import holidays, tables
from gateway.directory.flatten import Record, given_id
from gateway.directory.mapping import COLUMN, Join, Mapping, Part, Sheet, column
from gateway.directory.objects import BY_NAME
from gateway.directory.report import Remark, Report
from gateway.directory.tables import Table, plain
from gateway.directory.values import EVERY_YEAR, SPREADSHEET_ID

POINT = re.compile(r"(-?\d{1,3}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)")
LISTED = re.compile(r"\s*\n\s*")
LEAP_YEAR = 2024  # any one: yearly days are compared within it

Cells = dict[str, str]


def records(mapping: Mapping, found: Sequence[Table], report: Report) -> Iterator[Record]:
    """Every row of the files, in the order of the mapping's files."""
    by_stem = {table.stem: table for table in found}
    for stem, sheet in mapping.sheets.items():
        if stem in by_stem:
            yield from _Translator(sheet, by_stem[stem], by_stem, report).records()
    for stem, table in by_stem.items():
        if mapping.sheet(stem) is None:
            reason = mapping.left_out.get(stem, f"the mapping {mapping.name} does not know it")
            report.notes.append(f"{table.file.name} was left out: {reason}")


class _Row(NamedTuple):
    """A row on its way: the cells as they were given, the columns of HSDS that they became, those of ours, its line."""

    cells: Cells
    fields: dict[str, Any]
    ours: dict[str, Any]
    line: int


class _Translator:
    """One file on its way into HSDS 3."""

    def __init__(self, sheet: Sheet, table: Table, others: dict[str, Table], report: Report) -> None:
        self._sheet = sheet
        self._table = table
        self._report = report
        self._file = table.file.name
        self._names = {plain(name): name for name in table.names}
        self._joined = [(join, _keyed(join, others)) for join in sheet.joins]

    def records(self) -> Iterator[Record]:
        """The rows of the file, each followed by what belongs to it."""
        header = [plain(name) for name in self._table.names]
        for line, given in tables.rows(self._table, self._sheet.kind, self._report):
            cells = {name: cell.strip() for name, cell in zip(header, given, strict=False) if cell.strip()}
            if self._is_a_person(cells):
                continue
            yield from self._translate(self._joined_to(cells), line)

    def _is_a_person(self, cells: Cells) -> bool:
        for name in self._sheet.person_rows & cells.keys():
            self._report.left_out[f"{self._file}, rows with {self._names[name]}, about a person"] += len(cells)
            return True
        for name in self._sheet.personal & cells.keys():
            self._report.left_out[f"{self._file}.{self._names[name]}, about a person"] += 1
            del cells[name]
        return False

    def _joined_to(self, cells: Cells) -> Cells:
        joined = dict(cells)
        for join, rows in self._joined:
            for name, cell in rows.get(_key(cells.get(join.column, "")), {}).items():
                joined[f"{join.sheet.partition('|')[0]}.{name}"] = cell
        return joined

    def _translate(self, cells: Cells, line: int) -> Iterator[Record]:
        sheet = self._sheet
        used = self._ignored(cells)
        ours: dict[str, Any] = {}
        fields = self._columns(cells, used)
        used |= self._compose(cells, fields) | self._place(cells, fields, ours)
        if sheet.yearly:
            self._yearly(fields, ours, line)
        if "id" not in fields and not BY_NAME[sheet.kind].standing:
            fields["id"] = given_id(sheet.kind, fields)
        for part in sheet.parts:
            if part.source in cells:
                used |= {part.source, *part.also}
                yield from self._part(part, _Row(cells, fields, ours, line))
        kept = {self._names[name]: cell for name, cell in cells.items() if name not in used and name in self._names}
        if sheet.kind == "service":  # it is its place that is not shown
            ours.pop("confidential", None)
        yield Record(sheet.kind, self._file, line, kept | fields, ours)

    def _columns(self, cells: Cells, used: set[str]) -> dict[str, Any]:
        """What the mapping fills in, and the cells that are columns of HSDS, which are added to ``used``."""
        sheet = self._sheet
        fields: dict[str, Any] = dict(sheet.fill)
        for name in [name for name in cells if name not in used]:
            target = sheet.columns.get(name) or (name if name in BY_NAME[sheet.kind].types else None)
            if target is not None:
                used.add(name)
                fields[target] = sheet.values.get(name, {}).get(cells[name].casefold(), cells[name])
        return fields

    def _ignored(self, cells: Cells) -> set[str]:
        ignored = self._sheet.ignore.keys() & cells.keys()
        for name in ignored:
            self._report.left_out[f"{self._file}.{self._names[name]}, {self._sheet.ignore[name]}"] += 1
        return set(ignored)

    def _compose(self, cells: Cells, fields: dict[str, Any]) -> set[str]:
        used: set[str] = set()
        for target, templates in self._sheet.compose.items():
            said = []
            for template in templates:
                names = [column(name) for name in COLUMN.findall(template)]
                if all(name in cells for name in names):
                    used.update(names)
                    said.append(COLUMN.sub(lambda found: _one_line(cells[column(found[1])]), template))
            if len(said) > 1:
                fields[target] = ". ".join(dict.fromkeys(text.rstrip(". ") for text in said)) + "."
            elif said:
                fields[target] = said[0]
        return used

    def _place(self, cells: Cells, fields: dict[str, Any], ours: dict[str, Any]) -> set[str]:
        """The point of a place, and whether its address is shown: not where all the columns asked for say so."""
        used = set()
        sheet = self._sheet
        if sheet.point in cells and (found := POINT.search(cells[sheet.point])):
            fields["latitude"], fields["longitude"] = found.groups()
            used.add(sheet.point)
        said = [cells.get(name, "").casefold() in words for name, words in sheet.confidential.items()]
        if said and all(said):
            ours["confidential"] = True
        return used

    def _yearly(self, fields: dict[str, Any], ours: dict[str, Any], line: int) -> None:
        """Days that come every year ("January 01, 0001"): a holiday where the day is one, else only words."""
        given = [fields[name] for name in self._sheet.yearly if name in fields]
        if not any(EVERY_YEAR.search(text) for text in given):
            return
        for name in self._sheet.yearly:
            fields.pop(name, None)
        ours["as_given"] = " to ".join(dict.fromkeys(given))
        code = _holiday_of(given)
        if code:
            fields["holiday"] = code
        else:
            self._report.keep(self._sheet.kind, Remark(self._file, line, f"{ours['as_given']!r} has no year"))

    def _part(self, part: Part, row: _Row) -> Iterator[Record]:
        cells = row.cells
        if any(cells.get(name, "").casefold() == value for name, value in part.unless.items()):
            return
        text = cells[part.source]
        if part.same in cells and text.split() == cells[part.same].split():
            return
        pieces = [text] if part.by is None else [piece.strip() for piece in re.split(part.by, text) if piece.strip()]
        also = {target: cells[name] for name, target in part.also.items() if name in cells}
        for piece in dict.fromkeys(pieces):
            yield from self._piece(part, piece, also, row)

    def _piece(self, part: Part, piece: str, also: Cells, row: _Row) -> Iterator[Record]:
        if part.kind == "organization":
            yield self._organization(part, piece, also, row)
        elif part.kind == "address" and self._sheet.kind == "service":
            yield from self._address(part, piece, also, row)
        else:
            yield from self._belonging(part, piece, also, row)

    def _organization(self, part: Part, name: str, also: Cells, row: _Row) -> Record:
        """Whose row it is: a sheet names it again in each of its rows, and the first says the most of it."""
        fields: dict[str, Any] = {**part.fill, part.target: part.write.replace("{}", name)}
        row.fields["organization_id"] = fields["id"] = given_id("organization", fields)
        return Record("organization", self._again(part), row.line, fields | also)

    def _address(self, part: Part, street: str, also: Cells, row: _Row) -> Iterator[Record]:
        """The place of a service, with its address: services at one address are at one place."""
        own = {name: cell for name, cell in also.items() if part.belongs(name) == "address"}
        address: dict[str, Any] = {**part.fill, **own, part.target: part.write.replace("{}", street)}
        place = address["location_id"] = given_id("location", address)
        location = {name: cell for name, cell in also.items() if name not in own} | {"id": place}
        at = {"service_id": row.fields.get("id"), "location_id": place}
        yield Record("location", self._again(part), row.line, location, dict(row.ours))
        yield Record("address", self._again(part), row.line, address | {"id": given_id("address", address)})
        yield Record("service_at_location", self._file, row.line, at | {"id": given_id("service_at_location", at)})

    def _again(self, part: Part) -> str:
        """What an object is said to be from that several rows name: from no file, so that it is no double."""
        return f"{self._file} ({part.source})"

    def _belonging(self, part: Part, piece: str, also: Cells, row: _Row) -> Iterator[Record]:
        fields: dict[str, Any] = {**part.fill, **also}
        owner, line = row.fields.get("id"), row.line
        link = {f"{self._sheet.kind}_id": owner}
        if part.kind == "attribute":
            link = {"link_entity": self._sheet.kind, "link_id": owner}
        fields |= {name: value for name, value in link.items() if name in BY_NAME[part.kind].types}
        if part.target == "holidays":
            yield from self._holidays(piece, fields, line)
            return
        if part.target == "term":
            term = {"name": _one_line(piece), "taxonomy": part.taxonomy}
            term["id"] = fields["taxonomy_term_id"] = given_id("taxonomy_term", term)
            yield Record("taxonomy_term", self._again(part), line, dict(term))
        else:
            fields[part.target] = part.write.replace("{}", piece)
        yield Record(part.kind, self._file, line, fields | {"id": given_id(part.kind, fields)})

    def _holidays(self, piece: str, fields: dict[str, Any], line: int) -> Iterator[Record]:
        codes, unread = holidays.read(piece)
        for code in sorted(codes):
            day = fields | {"holiday": code}
            yield Record("holiday_schedule", self._file, line, day | {"id": given_id("holiday_schedule", day)})
        for text in unread:
            day = fields | {"as_given": text}
            self._report.keep("holiday_schedule", Remark(self._file, line, f"{text[:40]!r} names no holiday"))
            given = {"id": given_id("holiday_schedule", day)}
            yield Record("holiday_schedule", self._file, line, fields | given, {"as_given": text})


def _keyed(join: Join, others: dict[str, Table]) -> dict[str, Cells]:
    """The cells of another file by the value of its key, the first filled one of each column."""
    table = next((others[name] for name in join.sheet.split("|") if name in others), None)
    if table is None:
        return {}
    header = [plain(name) for name in table.names]
    found: dict[str, Cells] = {}
    for _, given in tables.rows(table, "", Report("")):
        cells = {name: cell.strip() for name, cell in zip(header, given, strict=False) if cell.strip()}
        kept = {name: cells[name] for name in join.columns if name in cells}
        if join.key in cells and kept:
            key = _key(cells[join.key])
            found[key] = kept | found.get(key, {})
    return found


def _key(cell: str) -> str:
    """An id as both sides have it: a spreadsheet writes "24656.0" on one."""
    return SPREADSHEET_ID.sub("", cell)


def _holiday_of(given: Sequence[str]) -> str | None:
    """The holiday that a single yearly day is."""
    days = {dates.parse(EVERY_YEAR.sub(str(LEAP_YEAR), text), fuzzy=True).date() for text in given}
    if len(days) != 1:
        return None
    day = days.pop()
    fixed = {code for code, of in holidays.DAYS.items() if of(LEAP_YEAR) == day and of(LEAP_YEAR + 1).day == day.day}
    return min(fixed, default=None)


def _one_line(text: str) -> str:
    return LISTED.sub("; ", text.strip())
