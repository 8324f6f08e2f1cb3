"""Reads times of day and spans as publishers write them: "4:00 PM", "9-5", "12 noon", "de 9 a 5 de la tarde"."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

LAST_MINUTE = time(23, 59)  # how a schedule says "until midnight" when it opens at midnight too
CLOCK = (
    r"(?:12\s*(?:o'?clock\s*)?)?(?:noon|midday|midnight|del?\s*mediod[ií]a|mediod[ií]a|(?:de\s*la\s*)?medianoche)\b"
    r"|\d{1,2}(?:[:.]?\d{2})?(?::\d{2}(?:\.\d+)?)?(?:\s*(?:a\.?\s?m|p\.?\s?m)\b\.?|[ap]\b\.?"
    r"|\s*de\s*la\s*(?:ma[nñ]ana|tarde|noche)\b)?(?:\s*(?:hrs?|horas|h)\b\.?)?"
)
ZONE = r"(?:\s*\(?(?:[ECMP][SD]?T|(?:eastern|central|mountain|pacific)(?:\s*time)?)\b\)?)?"
SEP = r"\s*(?:-|–|—|\bto\b|\buntil\b|\btill?\b|\bthrough\b|\bthru\b|\band\b|\ba\b|\bhasta\b|\by\b)\s*(?:l?as?\s+)?"
SPAN = re.compile(rf"(?P<opens>{CLOCK}){ZONE}{SEP}(?P<closes>{CLOCK}){ZONE}", re.IGNORECASE)
SINGLE = re.compile(rf"(?P<clock>{CLOCK}){ZONE}(?:z|\s*[+-]\d{{2}}:?\d{{2}})?", re.IGNORECASE)
EXACT = re.compile(r"\d{2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
PARTS = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*(?P<half>a|p|de\s*la\s*m|de\s*la\s*[tn])?",
    re.IGNORECASE,
)
LONGEST = 1_000  # characters; no day takes more
NOON = 12
LAST_HOUR = 24
LEAD = re.compile(r"\s*(?:(?:from|between|de|desde|entre|las?|open|abierto)\s+)*", re.IGNORECASE)
NEXT = re.compile(r"\s*(?:,|;|&|/|\n|\band\b|\by\b)\s*(?:(?:from|de|las)\s+)*", re.IGNORECASE)
DAWN, BEFORE_WORK = time(5), time(6)
MORNING_ENDS = time(13, 30)
LONGEST_NIGHT = 20  # hours


@dataclass(frozen=True)
class Clock:
    """A time as written: ``half`` is "a" or "p" where it is said; ``certain`` that it is of the 24-hour clock.

    ``bare`` has no minutes, so that it is a time only beside another one.
    """

    hour: int
    minute: int = 0
    half: str | None = None
    certain: bool = False
    bare: bool = False
    end_of_day: bool = False

    @property
    def of_24(self) -> bool:
        """Whether a clock of twelve hours has no such hour; "03:00" may be either."""
        return self.hour > NOON or self.hour == 0

    def at(self, half: str | None = None) -> time:
        """On the clock of 24 hours; ``half`` decides where the publisher did not."""
        half = self.half or half
        hour = self.hour if half is None else self.hour % NOON + (NOON if half == "p" else 0)
        return time(0 if hour == LAST_HOUR else hour, self.minute)


def time_of(value: Any) -> time:
    """A clock time: "09:00", "9am", "4:00 PM", "0900", "24:00" (midnight), "12 noon". Raises ValueError otherwise."""
    found = SINGLE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(value)
    return clock_of(found["clock"]).at()


def spans_of(text: str) -> list[tuple[time, time]] | None:
    """The spans of one day: "9-5" or "10am-12pm, 1-4pm"; None when anything else is said, or a span makes no sense.

    A span until midnight that begins at midnight ends at 23:59.
    """
    spans: list[tuple[time, time]] = []
    position = 0
    while len(text) <= LONGEST:
        lead = LEAD.match(text, position)
        position = lead.end() if lead else position
        found = SPAN.match(text, position)
        if not found:
            return None
        span = span_of(found["opens"], found["closes"])
        if span is None:
            return None
        spans.append(span)
        position = found.end()
        if not text[position:].strip(" .,;\n"):
            return spans
        comma = NEXT.match(text, position)
        if not comma:
            return None
        position = comma.end()
    return None


def span_of(opens: str, closes: str) -> tuple[time, time] | None:
    """From one written time to another, as a person reads them; None when they make no sense or may mean two things.

    Where only one says its half of the day the other lies in the nearest half before or after. Where neither does,
    "9-5" is a working day and "1:00-4:00" an afternoon, unless they can only be of the 24-hour clock. Times with their
    distance from UTC, as HSDS asks for, are taken at their word.
    """
    try:
        first, last = clock_of(opens), clock_of(closes)
    except ValueError:
        return None
    if EXACT.search(opens) and EXACT.search(closes):
        return None if first.at() == last.at() else (first.at(), last.at())
    for reading in _readings(first, last):
        start, end = reading
        if start == time(0) and end == time(0):
            return (start, LAST_MINUTE) if last.end_of_day else None
        return None if start == end or _too_long(start, end) else reading
    return None


def clock_of(text: str) -> Clock:
    """One written time. Raises ValueError when there is no such time."""
    folded = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn").strip()
    if "noche" in folded and "medianoche" in folded or "midnight" in folded:
        return Clock(0, certain=True, end_of_day=True)
    if re.search("noon|midday|mediodia", folded):
        return Clock(NOON, certain=True)
    found = PARTS.match(folded)
    if not found:
        raise ValueError(text)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = None if not found["half"] else "a" if found["half"].endswith(("a", "m")) and found["half"] != "p" else "p"
    if half and not 1 <= hour <= NOON:
        raise ValueError(text)
    if (hour, minute) != (LAST_HOUR, 0):
        time(hour, minute)
    return Clock(
        hour,
        minute,
        half,
        certain=hour > NOON or hour == 0 or (len(found["hour"]) > 1 and found["hour"][0] == "0"),
        bare=found["minute"] is None,
        end_of_day=hour == LAST_HOUR,
    )


def _readings(first: Clock, last: Clock) -> Iterator[tuple[time, time]]:
    if last.half and (first.half or first.certain) or first.half and last.of_24:
        yield first.at(), last.at()
    elif last.half:
        same, other = first.at(last.half), first.at("a" if last.half == "p" else "p")
        yield (same if same < last.at() else other), last.at()
    elif first.half:
        same, other = last.at(first.half), last.at("a" if first.half == "p" else "p")
        yield first.at(), (same if same > first.at() else other)
    else:
        yield from _without_halves(first, last)


def _without_halves(first: Clock, last: Clock) -> Iterator[tuple[time, time]]:
    start, end = first.at(), last.at()
    if time(1) <= start < BEFORE_WORK and not (last.certain and not first.certain and last.hour <= NOON):
        yield from _before_dawn(first, last)
    elif first.bare and last.bare and start < end and time(6) <= start < time(8) and end <= time(10):
        return  # "6-9": breakfast or supper
    elif DAWN <= start <= MORNING_ENDS and time(1) <= end < start and not last.end_of_day:
        yield start, last.at("p") if last.hour <= NOON else end
    else:
        yield start, end


def _before_dawn(first: Clock, last: Clock) -> Iterator[tuple[time, time]]:
    """Few places open between one and six at night: what is written so is an afternoon, or cannot be told."""
    later = first.at("p") if first.hour <= NOON else first.at()
    if first.certain:
        if first.at() >= DAWN and last.at() > first.at():
            yield first.at(), last.at()
    elif last.hour > NOON:
        yield later, last.at()
    elif last.at("p") > later:
        yield later, last.at("p")


def _too_long(start: time, end: time) -> bool:
    """ "22:00-20:00" is a slip of the pen rather than a night of 22 hours, and so is "0:30-17:00"."""
    if end > start:
        return time(0) < start < DAWN and end > time(NOON)
    return end > time(NOON) or (end.hour + LAST_HOUR - start.hour) > LONGEST_NIGHT
