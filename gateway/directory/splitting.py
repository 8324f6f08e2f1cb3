"""Makes several rows of one where a publisher wrote several things into a cell: phones, and the hours of a week."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.directory import times
from gateway.directory.flatten import Record

NUMBER = re.compile(r"(?<!\d)(?:\+?1[\s.-]*)?(?:\(\d{3}\)|\d{3})[\s.-]*\d{3}[\s.-]*\d{4}(?!\d)")
EXTENSION = re.compile(r"(?i)\W*(?:ext(?:ension)?|x|#)\W*(\d{1,8})\b")
JOINTS = re.compile(
    r"(?i)^[\s;,/|&:.-]*(?:(?:or|and|o|y)\b)?[\s;,/|&:.-]*|[\s;,/|&:(-]*(?:\b(?:or|and|o|y))?[\s;,/|&:(-]*$"
)
LONGEST = 500


def split(record: Record) -> Iterator[Record]:
    """The rows that a row stands for; most stand for themselves."""
    if record.kind == "phone" and isinstance(record.fields.get("number"), str):
        yield from _phones(record)
    elif record.kind == "schedule":
        yield from _schedules(record)
    else:
        yield record


def _schedules(record: Record) -> Iterator[Record]:
    fields = {name: value.strip() or None if isinstance(value, str) else value for name, value in record.fields.items()}
    cells = {name: value for name, value in fields.items() if value is None or isinstance(value, str)}
    for row in times.split(cells | record.ours):
        given = row.pop("as_given", None)
        yield replace(record, fields=fields | row, ours=record.ours | ({"as_given": given} if given else {}))


def _phones(record: Record) -> Iterator[Record]:
    """ "(618) 453-3217; (618) 536-7711" is two numbers, "(312) 773-1068 ext. 321" one with an extension."""
    given = record.fields["number"]
    found = list(NUMBER.finditer(given[:LONGEST]))
    if not found or (len(found) == 1 and given.strip() == found[0].group()):
        yield record
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
