"""Reads hours as publishers write them ("4:00 PM", "3pm", "Mon-Fri") into HSDS schedule columns."""

import re
from datetime import time
from typing import Any

CLOCK = re.compile(
    r"^(\d{1,2})(?::?(\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*(a\.?\s?m?\.?|p\.?\s?m?\.?)?\s*(?:z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
NAMED = {"noon": time(12), "midday": time(12), "mediodía": time(12), "midnight": time(0), "medianoche": time(0)}
ORDER = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAYS = {
    "mo": "MO", "tu": "TU", "we": "WE", "th": "TH", "fr": "FR", "sa": "SA", "su": "SU",
    "lu": "MO", "ma": "TU", "mi": "WE", "ju": "TH", "vi": "FR", "do": "SU",
    "sá": "SA", "m": "MO", "w": "WE", "f": "FR",
}  # fmt: skip
GROUPS = {
    "daily": ORDER,
    "everyday": ORDER,
    "weekdays": ORDER[:5],
    "weekday": ORDER[:5],
    "weekends": ORDER[5:],
    "weekend": ORDER[5:],
}
TOKEN = re.compile(r"^([+-]?\d)?([a-záéíóú]+)\.?$", re.IGNORECASE)
RANGE = re.compile(r"([a-záéíóú]+)\.?\s*(?:-|–|\bto\b|\bthrough\b|\ba\b)\s*([a-záéíóú]+)", re.IGNORECASE)
RULES_OF_DAYS = ("WEEKLY", "MONTHLY", "DAILY", "YEARLY")
PLAIN = re.compile(r"^\d{2}:\d{2}(:00)?$")
HALF = re.compile(r"[ap]\.?\s?m", re.IGNORECASE)
MORNING_ENDS, NIGHT_ENDS = time(13, 30), time(7)
LAST_HOUR = 24


def time_of(value: Any) -> time:
    """A clock time: "09:00", "9am", "4:00 PM", "0900", "24:00" (midnight), "noon". Raises ValueError otherwise."""
    text = str(value).strip()
    if text.lower() in NAMED:
        return NAMED[text.lower()]
    found = CLOCK.match(text)
    if not found:
        raise ValueError(value)
    hour, minute, half = int(found.group(1)), int(found.group(2) or 0), (found.group(3) or "")[:1].lower()
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 - a half-day clock
        raise ValueError(value)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(0 if hour == LAST_HOUR and minute == 0 else hour, minute)


def days_of(value: str) -> list[str] | None:
    """Days as HSDS has them ("MO", "4SA"), from those, from names in English or Spanish, or from spans; else None."""
    text = value.strip().lower()
    if text in GROUPS:
        return list(GROUPS[text])
    days: list[str] = []
    text = RANGE.sub(lambda span: ",".join(_span(span.group(1), span.group(2))).lower() or span.group(0), text)
    for token in re.split(r"[\s,;/&]+|\by\b|\band\b", text):
        if not token:
            continue
        found = TOKEN.match(token)
        day = DAYS.get(found.group(2)[:2]) if found else None
        if found is None or day is None:
            return None
        days.append((found.group(1) or "").lstrip("+") + day)
    return days or None


def mend(row: dict[str, Any]) -> list[str]:
    """Put the columns of one schedule right in place; returns what was changed.

    The publisher's own words are kept in ``as_given`` wherever a meaning was chosen for them.
    """
    notes = _split_span(row)
    half_day = bool(row["closes_at"] and HALF.search(row["closes_at"]))
    notes += _read_times(row)
    notes += [] if half_day else _turn_afternoon(row)
    notes += _read_days(row)
    if notes:
        row["as_given"] = row["as_given"] or "; ".join(notes)
    return notes


def _span(first: str, last: str) -> list[str]:
    start, end = DAYS.get(first[:2]), DAYS.get(last[:2])
    if start is None or end is None:
        return []
    begin, stop = ORDER.index(start), ORDER.index(end)
    return list(ORDER[begin : stop + 1] if begin <= stop else ORDER[begin:] + ORDER[: stop + 1])


def _split_span(row: dict[str, Any]) -> list[str]:
    """Both times in one cell: "9am-5pm"."""
    given = row["opens_at"]
    if given is None or row["closes_at"] is not None:
        return []
    parts = re.split(r"\s*(?:-|–|\bto\b)\s*", given)
    if len(parts) != 2:  # noqa: PLR2004 - from and to
        return []
    row["opens_at"], row["closes_at"] = parts
    return [f"opens_at {given!r} held both times"]


def _read_times(row: dict[str, Any]) -> list[str]:
    notes = []
    for name in ("opens_at", "closes_at"):
        if (given := row[name]) is None:
            continue
        try:
            row[name] = time_of(given)
        except ValueError:
            row[name] = None
            notes.append(f"{name} {given[:40]!r} is not a time; kept as text")
        else:
            notes += [] if PLAIN.match(given) else [f"{name} {given!r} read as {row[name]:%H:%M}"]
    return notes


def _turn_afternoon(row: dict[str, Any]) -> list[str]:
    """ "9am" to "03:00" is three in the afternoon: a place that opens in the morning does not close before dawn.

    Evening to morning, as shelters write it, is left alone.
    """
    opens, closes = row["opens_at"], row["closes_at"]
    if opens is None or closes is None:
        return []
    if not (time(5) <= opens <= MORNING_ENDS and time(1) <= closes < NIGHT_ENDS):
        return []
    later = closes.replace(hour=closes.hour + 12)
    if later <= opens:
        return []
    row["closes_at"] = later
    return [f"closes_at {closes:%H:%M} is before opens_at {opens:%H:%M}; read as {later:%H:%M}"]


def _read_days(row: dict[str, Any]) -> list[str]:
    notes = []
    if row["freq"] is not None and row["freq"].upper() in RULES_OF_DAYS:
        row["freq"] = row["freq"].upper()
    elif row["freq"] is not None:
        notes.append(f"freq {row['freq'][:20]!r} is no rule of days; left empty")
        row["freq"] = None
    given = row["byday"]
    if given is None:
        return notes
    days = days_of(given)
    row["byday"] = ",".join(days) if days else None
    if days is None:
        notes.append(f"byday {given[:40]!r} names no days; kept as text")
    elif row["byday"] != given.replace(" ", "").upper():
        notes.append(f"byday {given[:40]!r} read as {row['byday']}")
    counted = any(day[0] in "-123456789" for day in days or [])
    if days and row["freq"] is None:
        row["freq"] = "MONTHLY" if counted else "WEEKLY"
        notes.append(f"freq was empty, read as {row['freq']}")
    elif counted and row["freq"] == "WEEKLY":
        row["freq"] = "MONTHLY"
        notes.append(f"freq WEEKLY with {row['byday']} read as MONTHLY")
    return notes
