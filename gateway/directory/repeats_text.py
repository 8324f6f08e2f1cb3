"""Reads repeated dates as Drupal writes them, and with it Illinois Legal Aid: "Repeats every month on the third Tuesday
100 times. Tuesday, January 15, 2019 - 5:00pm to 7:00pm"."""

import re
from datetime import date

from dateutil import parser as dates

from gateway.directory import day_text
from gateway.directory.clock_text import SPAN, span_of

MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DATE = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?[A-Z][a-z]{2,8}\s+\d{1,2},?\s+\d{4}"
REPEATS = re.compile(
    rf"Repeats every (?:(?P<interval>\d+) )?(?P<unit>day|week|month|year)s?"
    rf"(?P<months> on {MONTH}(?:, {MONTH})*)?"
    r"(?: on the (?P<nth>first|second|third|fourth|fifth|last) (?P<day>[A-Z][a-z]+day)"
    r"| every (?P<every>[A-Z][a-z]+day))?"
    rf"(?P<more> on the \d.*?)?(?: (?P<count>\d+) times)?(?: until (?P<until>{DATE}))?"
    rf"(?P<except> except {DATE}(?:, {DATE})*)?\.(?P<also> Also includes {DATE}(?:, {DATE})*\.)?"
    rf"\s*(?P<first>{DATE})\s+-\s+(?P<span>.*)",
    re.DOTALL,
)
LONGEST = 8_000  # characters; a hundred dates take five
UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}


def read(text: str) -> dict[str, str] | None:
    """The columns of the one HSDS schedule that says the same; None when the text is no repetition.

    Hours are left out, so that its days are doubtful, where HSDS has no column for a part of it (only some months, days
    put in or left out) or where the listed dates and hours differ.
    """
    found = REPEATS.match(" ".join(text.split())[:LONGEST])
    first = _date(found["first"]) if found else None
    if not found or first is None:
        return None
    columns = {"freq": UNITS[found["unit"]], "dtstart": first.isoformat()} | _days(found, first)
    if found["interval"]:
        columns["interval"] = found["interval"]
    if found["until"] and (until := _date(found["until"])):
        columns["until"] = until.isoformat()
    if found["months"] or found["more"]:  # a count of some months only would end too early
        return columns
    if found["count"]:
        columns["count"] = found["count"]
    return columns | (_hours(found, first) or {})


def _hours(found: re.Match[str], first: date) -> dict[str, str] | None:
    """The hours, where they hold on all days and on no other."""
    open_ended = not (found["count"] or found["until"])
    dates_too = [_date(text) for text in re.findall(DATE, found["span"])]
    moved = not (found["nth"] or found["every"]) and any(day and day.day != first.day for day in dates_too)
    spans = {(clock["opens"], clock["closes"]) for clock in SPAN.finditer(re.sub(rf"{DATE}\s+-", ";", found["span"]))}
    if len(spans) != 1 or moved or found["also"] or (open_ended and found["except"]):
        return None
    span = span_of(*spans.pop())
    return span and {"opens_at": f"{span[0]:%H:%M}", "closes_at": f"{span[1]:%H:%M}"}


def _days(found: re.Match[str], first: date) -> dict[str, str]:
    named = f"{found['nth']} {found['day']}" if found["nth"] else found["every"]
    days = day_text.days_of(named) if named else None
    if days:
        return {"byday": ",".join(days)}
    return {"bymonthday": str(first.day)} if found["unit"] == "month" and not found["more"] else {}


def _date(text: str) -> date | None:
    try:
        return dates.parse(text).date()
    except (ValueError, OverflowError):
        return None
