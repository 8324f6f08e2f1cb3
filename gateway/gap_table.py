"""Writes the table of gaps: as text for a terminal, as CSV for a spreadsheet, as words for a page."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway import gaps
from gateway.cells import harmless
from gateway.errors import Refused
from gateway.gaps import Gap
from gateway.marking import N_

MONTHS = 3  # of a table; its first are January, April, July and October
NOT_SAID = "not said"
HIDDEN = N_("hidden")
# What stands for several lines (:mod:`gateway.gaps`), in words that the console has in both languages.
TOGETHER = {gaps.ELSEWHERE: N_("all other places"), gaps.OTHER_LANGUAGES: N_("all other languages"),
            gaps.OTHER_NEEDS: N_("all other needs")}  # fmt: skip
EXPLAINED = N_(
    'A count of 1 to 10 is hidden, and so is what would give it away ("hidden"). Lines of few people are put together.'
    " Each table is of one quarter of a year, so that no two of them can be subtracted from each other. While the"
    " quarter runs, counts are rounded down to tens (20+)."
)
HEADS = {
    gaps.ASKED: N_("Asked"),
    "none": N_("None listed"),
    "far": N_("Too far"),
    "closed": N_("Closed"),
    "not_eligible": N_("Not eligible"),
    gaps.DECLINED: N_("List ran out"),
    gaps.TOLD: N_("Told"),
    gaps.OBTAINED: N_("Got it"),
    gaps.NOT_OBTAINED: N_("Did not get it"),
    gaps.NOT_KNOWN: N_("Not known"),
}


class Span(NamedTuple):
    """From when to when a table counts, and whether its quarter still ``runs``."""

    begins: datetime
    ends: datetime
    runs: bool


def span(day: str | None, clock: ZoneInfo, now: datetime) -> Span:
    """The quarter of the year in which a day lies (YYYY-MM-DD, by the town's clock), or the one that runs.

    Raises :class:`Refused` for what is no day, or one that is yet to come.
    """
    today = now.astimezone(clock).date()
    try:
        within = date.fromisoformat(day) if day else today
        first = within.replace(month=(within.month - 1) // MONTHS * MONTHS + 1, day=1)
        begins, ends = (datetime.combine(each, time(), clock).astimezone(UTC) for each in (first, _after(first)))
    except (ValueError, OverflowError):
        raise Refused(400, "bad_date") from None
    if within > today:
        raise Refused(400, "bad_date")
    return Span(begins, min(ends, now), runs=ends > now)


def _after(first: date) -> date:
    month = first.month + MONTHS
    return first.replace(year=first.year + month // 13, month=(month - 1) % 12 + 1)


def said(count: int | None, *, at_least: bool = False) -> str:
    """A count as it is shown; ``at_least`` where it was rounded down."""
    return HIDDEN if count is None else f"{count}+" if at_least and count else str(count)


def as_csv(lines: Sequence[Gap]) -> str:
    """The table for a spreadsheet (RFC 4180), every count in a column; no cell can be read as a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["need", "place", "language", *gaps.columns()])
    for line in lines:
        names = [harmless(name or NOT_SAID) for name in line.key]
        writer.writerow([*names, *(said(line.counts[name], at_least=line.at_least) for name in gaps.columns())])
    return written.getvalue()


def as_text(lines: Sequence[Gap]) -> Iterator[str]:
    """The table for a terminal."""
    if not lines:
        yield "Nobody asked for anything in that time."
        return
    heads = ["Need", "Place", "Language", *HEADS.values()]
    rows = [
        [*(name or NOT_SAID for name in line.key),
         *(said(line.counts[name], at_least=line.at_least) for name in HEADS)]
        for line in lines
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield EXPLAINED


def barriers(line: Gap) -> list[tuple[str, str]]:
    """What got in the way in one line: each code and its count, the most common first, without zeros."""
    named = [(name, line.counts[name]) for name in gaps.columns() if name.startswith(gaps.BARRIER)]
    told = [(name, count) for name, count in named if count != 0]
    told.sort(key=lambda each: -(each[1] or 0))
    return [(name.removeprefix(gaps.BARRIER), said(count, at_least=line.at_least)) for name, count in told]
