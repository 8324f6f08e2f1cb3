"""Reads hours as publishers write them ("4:00 PM", "3pm", "Mon-Fri") into HSDS schedule columns."""

import re
from datetime import time
from typing import Any

from gateway.directory import repeats_text, week_text
from gateway.directory.clock_text import SPAN, span_of, spans_of, time_of
from gateway.directory.day_text import code, days_of, phrase
from gateway.directory.recurrence import FREQUENCIES

__all__ = ["days_of", "mend", "split", "time_of"]

PLAIN = re.compile(r"\d{2}:\d{2}(:00)?")
OF_A_DAY = re.compile(r"0?\.\d{1,20}")
MINUTES_OF_A_DAY = 24 * 60
CLOSED = re.compile(r"\W*(?:closed|cerrad[oa])\W*", re.IGNORECASE)
ALL_DAY = re.compile(
    r"\W*(?:open |abierto )?(?:las )?(?:24\s*/\s*7|24[ -]?(?:hours?|hrs?|horas)|all day|todo el d[ií]a)\W*", re.I
)
CELLS = ("opens_at", "closes_at")
CLOSED_NOTE, HOLIDAY_NOTE = "Closed", "Closed on holidays"
SENTENCES = ("opens_at", "byday", "description")  # where a publisher may have put the whole week


def split(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that a row of text, as it stands in the file, stands for.

    "10am-12pm, 1-4pm" is two, and a sentence about the week as many as it needs. The first keeps the row's id, the
    others add a number to it. What cannot be split comes back as it is.
    """
    given = row.get("opens_at")
    spans = spans_of(given) if given and row.get("closes_at") in {None, given} else None
    if given and spans and len(spans) > 1:
        columns = [{"opens_at": f"{opens:%H:%M}", "closes_at": f"{closes:%H:%M}"} for opens, closes in spans]
        return _rows(row, given, columns)
    for name in SENTENCES:
        text = row.get(name)
        if text and _alone(row, name) and (repeated := repeats_text.read(text)):
            return _rows(row, text, [dict.fromkeys(("freq", "byday", *CELLS, name)) | repeated])
        week = week_text.read(text) if text and _alone(row, name) else None
        if text and week and (columns := week_text.rows(week)):
            empty = dict.fromkeys(("freq", "byday", *CELLS, name))
            note = _noted(row, HOLIDAY_NOTE) if week.closed_on_holidays else {}
            return _rows(row, text, [empty | note | found for found in columns])
    return [row]


def mend(row: dict[str, Any]) -> list[str]:
    """Put the columns of one schedule right in place; returns what was changed.

    The publisher's own words are kept in ``as_given`` wherever a meaning was chosen for them. "Closed" in a cell and
    "except holidays" behind the days move to the notes.
    """
    notes = _of_a_day(row) + _split_span(row)
    notes += _read_hours(row)
    notes += _read_days(row)
    if notes:
        row["as_given"] = row["as_given"] or "; ".join(notes)
    return notes


def _alone(row: dict[str, Any], name: str) -> bool:
    """Whether nothing but this cell speaks of days and hours, and it is no plain list of days or time."""
    others = [row.get(cell) for cell in ("byday", *CELLS, "bymonthday", "byyearday") if cell != name]
    if name == "opens_at" and row.get("closes_at") == row["opens_at"]:
        others = [row.get("byday")]
    return not any(others) and (name != "byday" or days_of(row["byday"]) is None)


def _rows(row: dict[str, Any], text: str, columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for number, found in enumerate(columns, 1):
        new = row | found | {"as_given": row.get("as_given") or text}
        if number > 1 and row.get("id"):
            new["id"] = f"{row['id']}-{number}"
        rows.append(new)
    return rows


def _noted(row: dict[str, Any], note: str) -> dict[str, str]:
    given = row.get("notes")
    return {"notes": f"{given} {note}" if given else note}


def _split_span(row: dict[str, Any]) -> list[str]:
    """Both times in one cell, or in both: "9am-5pm"."""
    given = row["opens_at"]
    if given is None or row["closes_at"] not in {None, given}:
        return []
    if ALL_DAY.fullmatch(given):
        row["opens_at"], row["closes_at"] = "00:00", "23:59"
        return [f"opens_at {given!r} read as 00:00 to 23:59"]
    found = SPAN.fullmatch(given.strip())
    if not found or _is_time(given):
        return []
    row["opens_at"], row["closes_at"] = found["opens"], found["closes"]
    return [f"opens_at {given!r} held both times"]


def _is_time(text: str) -> bool:
    """ "09:00:00-05:00" is a time with its distance from UTC and no span."""
    try:
        time_of(text)
    except ValueError:
        return False
    return True


def _read_hours(row: dict[str, Any]) -> list[str]:
    given = {name: row[name] for name in CELLS}
    notes = [note for name in CELLS for note in _read_cell(row, name)]
    opens, closes = row["opens_at"], row["closes_at"]
    if opens is None or closes is None or opens == closes != time(0):
        return notes
    span = span_of(given["opens_at"].strip(), given["closes_at"].strip())
    if span is None and opens != closes:
        row["opens_at"] = row["closes_at"] = None
        return [*notes, f"hours {given['opens_at']!r} to {given['closes_at']!r} may mean two things; kept as text"]
    for name, read in zip(CELLS, span or (opens, closes), strict=True):
        if row[name] != read:
            notes.append(f"{name} {row[name]:%H:%M} read as {read:%H:%M}")
            row[name] = read
    return notes


def _read_cell(row: dict[str, Any], name: str) -> list[str]:
    given = row[name]
    if given is None:
        return []
    try:
        row[name] = time_of(given)
    except ValueError:
        row[name] = None
        if CLOSED.fullmatch(given) and CLOSED_NOTE not in (row.get("notes") or ""):
            row |= _noted(row, CLOSED_NOTE)
        return [f"{name} {given[:40]!r} is not a time; kept as text"]
    return [] if PLAIN.fullmatch(given) else [f"{name} {given!r} read as {row[name]:%H:%M}"]


def _of_a_day(row: dict[str, Any]) -> list[str]:
    """Times as a spreadsheet keeps them, as a part of the day: "0.375" is nine in the morning."""
    notes = []
    for name in CELLS:
        if row[name] and OF_A_DAY.fullmatch(row[name]):
            minutes = round(float(row[name]) * MINUTES_OF_A_DAY)
            read = f"{minutes // 60:02}:{minutes % 60:02}"
            notes.append(f"{name} {row[name]!r} read as {read}")
            row[name] = read
    return notes


def _read_days(row: dict[str, Any]) -> list[str]:
    notes, told = _read_freq(row)
    given = row["byday"]
    if given is None:
        return notes
    found = phrase(given)
    if found is None:
        row["byday"] = row["freq"] = None  # or a daily rule would hold on every day
        return [*notes, f"byday {given[:40]!r} names no days; kept as text"]
    days = [code(day) for day in found.days]
    row["byday"] = ",".join(days)
    if found.no_holidays:
        row |= _noted(row, HOLIDAY_NOTE)
    if row["byday"] != given.replace(" ", "").upper():
        notes.append(f"byday {given[:40]!r} read as {row['byday']}")
    counted = any(day[0] in "-123456789" for day in days)
    if row["freq"] is None and not told:
        row["freq"] = "MONTHLY" if counted else "WEEKLY"
        notes.append(f"freq was empty, read as {row['freq']}")
    elif counted and row["freq"] == "WEEKLY":
        row["freq"] = "MONTHLY"
        notes.append(f"freq WEEKLY with {row['byday']} read as MONTHLY")
    return notes


def _read_freq(row: dict[str, Any]) -> tuple[list[str], bool]:
    """Also whether the publisher said how often: "every other week" must not become every week."""
    given = row["freq"]
    if given is None or given.upper() in FREQUENCIES:
        row["freq"] = given and given.upper()
        return [], given is not None
    row["freq"] = None
    return [f"freq {given[:20]!r} is no rule of days; left empty"], True
