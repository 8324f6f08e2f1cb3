"""What ``frontdoor directory`` does, as lines to print."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gateway import segments
from gateway.db import Database
from gateway.directory import answers, demo, needs, place
from gateway.directory.importing import Progress, import_path
from gateway.directory.search import search
from gateway.directory.wanted import Found, Wanted


def import_lines(  # noqa: PLR0913 - as import_path, which it prints
    database: Database,
    path: Path,
    now: datetime,
    progress: Progress | None = None,
    dataset: str | None = None,
    *,
    allow_shrink: bool = False,
) -> Iterator[str]:
    """Import a directory and say what became of it. Raises :class:`gateway.directory.report.ImportFailed`."""
    yield from import_path(database, path, now, progress, dataset=dataset, allow_shrink=allow_shrink).lines()


def demo_lines(database: Database, now: datetime) -> Iterator[str]:
    """Load the demo directory and say what became of it."""
    for report in demo.load_demo(database, now):
        yield from report.lines()


def search_lines(database: Database, need: str, zip_code: str | None, language: str, now: datetime) -> Iterator[str]:
    """Search as a resident would, and show what they would get. ``need`` is a need code or any words."""
    known = need in needs.standard().needs
    understood = () if known else tuple(sorted(needs.standard().in_text(need)))
    wanted = Wanted(
        needs=(need,) if known else understood,
        zip=zip_code,
        place=None if zip_code else place.zip_in(need),
        language=language,
        text=None if known or understood else need,
    )
    with database.begin() as session:
        found = search(session, wanted, now)
    yield _summary(wanted, found)
    for text in answers.render(found, language, answers.SMS):
        counted = segments.count(text)
        yield ""
        yield text
        yield f"[{counted.encoding}, {counted.units} units, {counted.segments} segments]"


def _summary(wanted: Wanted, found: Found) -> str:
    looked_for = ", ".join(wanted.needs) or f"the words {wanted.text!r}"
    where = found.place_understood or ("a place that was not understood" if found.place_asked else "no place")
    return f"{found.total} services for {looked_for}, {where}"
