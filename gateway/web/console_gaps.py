"""The table of needs that were not met, for those who plan: on a page, and for a spreadsheet."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from gateway import audit, gap_table, gaps
from gateway.gaps import Gap
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_follow_ups import BARRIERS
from gateway.web.console_rules import apply_rules


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The page and its CSV file. ``note_seen`` starts the idle time anew, as everywhere in the console."""
    blueprint = guards.blueprint("console_gaps", guard=guards.directory_editor, url_prefix="/console/gaps")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "table", table)
    blueprint.add_url_rule("/gaps.csv", "as_csv", as_csv)
    return blueprint


def table() -> ResponseReturnValue:
    """The table of the quarter in which a day lies, or of the one that runs."""
    lines, span = _lines()
    clock = guards.door().community.clock
    return render_template(
        "referral/gaps.html",
        lines=lines,
        begins=span.begins.astimezone(clock).date(),
        ends=(span.ends - timedelta(seconds=1)).astimezone(clock).date(),
        heads=gap_table.HEADS,
        said=gap_table.said,
        together=gap_table.TOGETHER,
        barriers=gap_table.barriers,
        barrier_words=BARRIERS,
        explained=gap_table.EXPLAINED,
    )


def as_csv() -> ResponseReturnValue:
    """The same for a spreadsheet; that it was taken away is written down."""
    lines, span = _lines()
    with guards.door().database.begin() as session:
        audit.note(session, now(), "download", "gaps", None, g.responder.id, since=span.begins.isoformat())
    response = Response(gap_table.as_csv(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=gaps.csv"
    return response


def _lines() -> tuple[list[Gap], gap_table.Span]:
    town = guards.door().community
    span = gap_table.span(request.args.get("since"), town.clock, now())
    with guards.door().database.begin() as session:
        return gaps.table(session, town, span.begins, span.ends, runs=span.runs), span
