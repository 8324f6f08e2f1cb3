"""What ``frontdoor directory`` does, as lines to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gateway import segments
from gateway.db import Database
from gateway.directory import answers, asking, demo, export_files, needs
from gateway.directory.importing import Watch, common_name, import_path, slug
from gateway.directory.report import ImportFailed, Report, Sink
from gateway.directory.report_files import Book
from gateway.directory.search import search
from gateway.directory.wanted import Found, Wanted


@dataclass(frozen=True)
class Order:
    """How an operator wants an import to go; ``reports`` is the folder that gets its files, ``tags`` say
    which words are which needs."""

    dataset: str | None = None
    mapping: Path | None = None
    allow_shrink: bool = False
    reports: Path | None = None
    tags: needs.Mapping | None = None


ORDINARY = Order()


def import_lines(
    database: Database,
    path: Path | Sequence[Path],
    now: datetime,
    order: Order = ORDINARY,
    watch: Watch | None = None,
) -> Iterator[str]:
    """Import a directory and say what became of it. Raises :class:`gateway.directory.report.ImportFailed`."""
    name = slug(order.dataset) if order.dataset else common_name([path] if isinstance(path, Path) else path)

    def take(sink: Sink | None = None) -> Report:
        return import_path(
            database, path, now, dataset=name, allow_shrink=order.allow_shrink, mapping=order.mapping,
            watch=watch, sink=sink, tags=order.tags,
        )  # fmt: skip

    if order.reports is None:
        yield from take().lines()
        return
    book = Book(order.reports, name, now)
    try:
        with book.sink() as sink:
            report = take(sink)
    except ImportFailed as failure:
        book.close(failure)
        raise
    book.close(report)
    yield from report.lines()
    yield f"  Every remark is in {book.folder / 'report.csv'}"


def export_lines(
    database: Database, dataset: str, folder: Path, now: datetime, *, strict: bool = False
) -> Iterator[str]:
    """Write a dataset as HSDS 3.1. Raises :class:`gateway.directory.export_files.ExportFailed`."""
    with database.begin() as session:
        yield f"Dataset {dataset}, as HSDS 3.1 in {folder}:"
        yield from export_files.export(session, dataset, folder, strict=strict, now=now)


def demo_lines(database: Database, now: datetime) -> Iterator[str]:
    """Load the demo directory and say what became of it."""
    for report in demo.load_demo(database, now):
        yield from report.lines()


def search_lines(  # noqa: PLR0913 - as a resident asks
    database: Database,
    need: str,
    zip_code: str | None,
    language: str,
    now: datetime,
    tags: needs.Mapping | None = None,
    *,
    why: bool = False,
) -> Iterator[str]:
    """Search as a resident would, and show what they would get. ``need`` is a need code or any words, ``tags`` say
    which words mean which need here.

    With ``why`` the reasons of each rank are told too, in miles.
    """
    mapping = tags or needs.standard()
    known = need in mapping.needs
    with database.begin() as session:
        plain = Wanted(needs=(need,), language=language)
        wanted = plain if known else asking.wanted(session, need, mapping, None, language)
        wanted = replace(wanted, zip=zip_code) if zip_code else wanted
        found = search(session, wanted, now)
    yield _summary(wanted, found)
    if why:
        yield from _reasons(found)
    for text in answers.render(found, language, answers.SMS):
        counted = segments.count(text)
        yield ""
        yield text
        yield f"[{counted.encoding}, {counted.units} units, {counted.segments} segments]"


def _summary(wanted: Wanted, found: Found) -> str:
    looked_for = ", ".join(wanted.needs) or f"the words {wanted.text!r}"
    where = found.place_understood or ("a place that was not understood" if found.place_asked else "no place")
    return f"{found.total} services for {looked_for}, {where}"


def _reasons(found: Found) -> Iterator[str]:
    """Why each stands where it does, in miles."""
    for service in found.services:
        reasons = (f"{why.name} {why.cost:+.1f}" + (f" ({why.note})" if why.note else "") for why in service.why)
        yield f"  {service.name}: {', '.join(reasons)}"
