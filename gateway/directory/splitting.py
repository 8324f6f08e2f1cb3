"""Makes several rows of one where a publisher wrote several things into it: phones, and the hours of a week."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gateway.directory import times
from gateway.directory.flatten import Record, given_id
from gateway.directory.folding import fold
from gateway.directory.values import SPREADSHEET_ID

NUMBER = re.compile(r"(?<!\d)(?:\+?1[\s.-]*)?(?:\(\d{3}\)|\d{3})[\s.-]*\d{3}[\s.-]*\d{4}(?!\d)")
EXTENSION = re.compile(r"(?i)\W*(?:ext(?:ension)?|x|#)\W*(\d{1,8})\b")
JOINTS = re.compile(
    r"(?i)^[\s;,/|&:.-]*(?:(?:or|and|o|y)\b)?[\s;,/|&:.-]*|[\s;,/|&:(-]*(?:\b(?:or|and|o|y))?[\s;,/|&:(-]*$"
)
LONGEST = 500
# A column for each day of the week: "Monday", "mon_hours", "tuesday_open" beside "tuesday_close", "lunes".
DAY_COLUMN = re.compile(
    r"(?:hours_|open_|horario_)?(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]{0,7}"
    r"(?:_(?:hours?|(?P<opens>opens?(?:_at)?|start(?:_time)?|from)|(?P<closes>closes?(?:_at)?|end(?:_time)?|to)))?"
)
SPANISH_DAYS = {"lunes": "mon", "martes": "tue", "miercoles": "wed", "jueves": "thu", "viernes": "fri",
                "sabado": "sat", "domingo": "sun"}  # fmt: skip
HAVE_HOURS = ("service", "location", "service_at_location")
COLUMNS = 2_000  # names of columns that are remembered; a file may bring any
FEWEST_DAYS = 2  # columns; one alone may be about anything


def split(record: Record) -> Iterator[Record]:
    """The rows that a row stands for; most stand for themselves."""
    if record.kind == "phone" and isinstance(record.fields.get("number"), str):
        yield from _phones(record)
    elif record.kind == "schedule":
        yield from _schedules(record)
    elif record.kind in HAVE_HOURS:
        yield from _with_week(record)
    else:
        yield record


def _with_week(record: Record) -> Iterator[Record]:
    """Hours in columns of the service or place itself are a schedule that belongs to it."""
    columns, sentence = _week(record.fields)
    if not sentence or not record.fields.get("id"):
        yield record
        return
    week = {f"{record.kind}_id": record.fields["id"], "description": sentence}
    rows = list(_schedules(replace(record, kind="schedule", fields=week | {"id": given_id("schedule", week)}, ours={})))
    if not all(row.ours.get("as_given") for row in rows):
        yield record
        return
    yield replace(record, fields={name: cell for name, cell in record.fields.items() if name not in columns})
    yield from rows


def _week(fields: dict[str, Any]) -> tuple[set[str], str]:
    """The columns that are days of the week, and what they say in one sentence."""
    columns: set[str] = set()
    days: dict[str, dict[str, str]] = {}
    for name, cell in fields.items():
        found = _day_column(name)
        if found and isinstance(cell, str) and cell.strip():
            columns.add(name)
            day, part = found
            days.setdefault(day, {})[part] = cell.strip()
    told = {day: said.get("whole") or " - ".join(filter(None, (said.get("opens"), said.get("closes"))))
            for day, said in days.items()}  # fmt: skip
    sentence = "; ".join(f"{day.capitalize()} {said}" for day, said in told.items())
    return (columns, sentence) if len(told) >= FEWEST_DAYS else (set(), "")


@lru_cache(COLUMNS)
def _day_column(name: str) -> tuple[str, str] | None:
    """The day of the week that a column is about, and whether it holds its opening, its closing or the whole of it."""
    plain = fold(name).replace(" ", "_")
    found = DAY_COLUMN.fullmatch(SPANISH_DAYS.get(plain, plain))
    if found is None:
        return None
    return found["day"], "opens" if found["opens"] else "closes" if found["closes"] else "whole"


def _schedules(record: Record) -> Iterator[Record]:
    fields = {name: _cell(value) for name, value in record.fields.items()}
    columns, sentence = _week(fields)
    if sentence and not any(fields.get(name) for name in ("byday", "opens_at", "closes_at", "description")):
        kept = {name: cell for name, cell in fields.items() if name not in columns} | {"description": sentence}
        if any("as_given" in row for row in times.split(_texts(kept))):
            fields = kept
    for row in times.split(_texts(fields) | record.ours):
        given = row.pop("as_given", None)
        yield replace(record, fields=fields | row, ours=record.ours | ({"as_given": given} if given else {}))


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value) or None  # "byday": ["MO", "TU"]
    return value.strip() or None if isinstance(value, str) else value


def _texts(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is None or isinstance(value, str)}


def _phones(record: Record) -> Iterator[Record]:
    """ "(618) 453-3217; (618) 536-7711" is two numbers, "(312) 773-1068 ext. 321" one with an extension."""
    given = SPREADSHEET_ID.sub("", record.fields["number"].strip())
    found = list(NUMBER.finditer(given[:LONGEST]))
    if not found or (len(found) == 1 and given == found[0].group()):
        yield replace(record, fields=record.fields | {"number": given})
        return
    for place, number in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(given)
        start = found[place - 1].end() if place else 0
        fields = record.fields | {"number": number.group().strip()}
        rest = given[number.end() : end] if place + 1 == len(found) else ""
        if extension := EXTENSION.match(given[number.end() : end]):
            fields["extension"] = record.fields.get("extension") or extension[1]
            rest = rest[extension.end() :]
        before = EXTENSION.sub("", given[start : number.start()], count=1) if place else given[: number.start()]
        fields["description"] = _joined(record.fields.get("description"), before, rest)
        if place and fields.get("id"):
            fields["id"] = f"{fields['id']}-{place + 1}"
        yield replace(record, fields=fields)


def _joined(*texts: Any) -> str | None:
    """The words around a number, without the signs that joined it to them."""
    words = [JOINTS.sub("", str(text)).strip(" ()") for text in texts if text]
    return "; ".join(filter(None, words)) or None
