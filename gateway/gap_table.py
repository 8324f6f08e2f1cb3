"""Writes the table of gaps: as text for a terminal, as CSV for a spreadsheet, as words for a page."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway import gaps
from gateway.cells import harmless
from gateway.errors import Refused
from gateway.gaps import Gap

DAYS = 90  # of a table when nobody says since when
NOT_SAID = "not said"
EXPLAINED = (
    'A count of 1 to 10 is hidden, and so is what would give it away ("hidden"). Lines of few people are put together.'
    " Tables of dates that overlap could be subtracted from each other: publish only one of them."
)
HEADS = {
    gaps.ASKED: "Asked",
    "none": "None listed",
    "far": "Too far",
    "closed": "Closed",
    "not_eligible": "Not eligible",
    gaps.DECLINED: "List ran out",
    gaps.TOLD: "Told",
    gaps.OBTAINED: "Got it",
    gaps.NOT_OBTAINED: "Did not get it",
    gaps.NOT_KNOWN: "Not known",
}


def span(since: str | None, clock: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """From when to when: since a day by the town's clock (YYYY-MM-DD), or the last ninety days.

    Raises :class:`Refused` for what is no day, or one that is yet to come.
    """
    if not since:
        return now - timedelta(days=DAYS), now
    try:
        begins = datetime.combine(date.fromisoformat(since), time(), clock).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(400, "bad_date") from None
    if begins > now:
        raise Refused(400, "bad_date")
    return begins, now


def said(count: int | None) -> str:
    """A count as it is shown."""
    return "hidden" if count is None else str(count)


def as_csv(lines: Sequence[Gap]) -> str:
    """The table for a spreadsheet (RFC 4180), every count in a column; no cell can be read as a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["need", "place", "language", *gaps.columns()])
    for line in lines:
        names = [harmless(name or NOT_SAID) for name in line.key]
        writer.writerow([*names, *(said(line.counts[name]) for name in gaps.columns())])
    return written.getvalue()


def as_text(lines: Sequence[Gap]) -> Iterator[str]:
    """The table for a terminal."""
    if not lines:
        yield "Nobody asked for anything in that time."
        return
    heads = ["Need", "Place", "Language", *HEADS.values()]
    rows = [[*(name or NOT_SAID for name in line.key), *(said(line.counts[name]) for name in HEADS)] for line in lines]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield EXPLAINED


def barriers(line: Gap) -> list[tuple[str, str]]:
    """What got in the way in one line: the code in plain words and its count, the most common first, without zeros."""
    named = [(name, line.counts[name]) for name in gaps.columns() if name.startswith(gaps.BARRIER)]
    told = [(name, count) for name, count in named if count != 0]
    told.sort(key=lambda each: -(each[1] or 0))
    return [(name.removeprefix(gaps.BARRIER).replace("_", " "), said(count)) for name, count in told]
