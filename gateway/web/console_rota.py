"""The rota, for supervisors: shifts that come again, single ones, and the drill that proves the ladder."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import drills, rota, shifts
from gateway.errors import Refused
from gateway.models import Responder
from gateway.web import duty_words, guards
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules
from gateway.web.console_shifts import colleagues, done, local
from gateway.web.numbers import number

AHEAD = timedelta(days=14)


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The page of the rota and what is done there."""
    blueprint = guards.blueprint("console_rota", guard=guards.supervisor, url_prefix="/console/rota")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("", "page", page)
    add("", "add", add_entry, methods=["POST"])
    add("/<int:entry_id>/end", "end", end, methods=["POST"])
    add("/shift", "plan", plan, methods=["POST"])
    add("/shift/<int:shift_id>/cancel", "cancel", cancel, methods=["POST"])
    add("/drill", "drill", drill, methods=["POST"])
    return blueprint


def page() -> ResponseReturnValue:
    """The rota as it holds, what comes of it, and the last drills."""
    return _draw()


def add_entry() -> ResponseReturnValue:
    """Let somebody be on call again and again."""
    form = request.form

    def do(session: Session, who: Responder, at: datetime) -> None:
        rota.add(
            session, guards.door().community, who, _id("who"), at,
            days=form.getlist("day"), starts=_time("starts"), ends=_time("ends"), from_date=_date("from"),
            every_weeks=_number("weeks"), until_date=_date("until") if form.get("until") else None,
        )  # fmt: skip

    return _do(do)


def end(entry_id: int) -> ResponseReturnValue:
    """Let an entry hold no longer."""
    return _do(lambda db, who, at: rota.end(db, who, entry_id, at))


def plan() -> ResponseReturnValue:
    """Put somebody on call once."""
    return _do(lambda db, who, at: shifts.plan(db, who, _id("who"), _moment("starts"), _moment("ends"), at))


def cancel(shift_id: int) -> ResponseReturnValue:
    """Let a shift not be worked, or no longer."""
    return _do(lambda db, who, at: shifts.cancel(db, who, shift_id, at))


def drill() -> ResponseReturnValue:
    """Try the ladder now."""

    def do(session: Session, who: Responder, at: datetime) -> None:
        if drills.start(session, at, who.id) is None:
            raise Refused(409, "drill_runs")

    return _do(do)


def _id(name: str) -> int:
    return number(request.form.get(name, ""), 9) or 0


def _number(name: str) -> int:
    return number(request.form.get(name, "1"), 2) or 0


def _time(name: str) -> time:
    try:
        return time.fromisoformat(request.form.get(name, "")).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refused(400, "no_time") from None


def _date(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused(400, "no_date") from None


def _moment(name: str) -> datetime:
    """A time as the browser's field gives it, by the town's clock."""
    try:
        given = datetime.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused(400, "no_time") from None
    return given.replace(tzinfo=guards.door().community.clock)


def _do(act: Callable[[Session, Responder, datetime], Any]) -> ResponseReturnValue:
    return done(act, _draw, "console_rota.page")


def _draw(*, status: int = 200, problem: str | None = None) -> tuple[str, int]:
    at = now()
    with guards.door().database.begin() as session:
        people = colleagues(session)
        drawn = render_template(
            "console/rota.html",
            now=at, people=people, names={each.id: each.name for each in people}, entries=rota.standing(session),
            coming=shifts.between(session, at, at + AHEAD), drills=drills.newest(session),
            drill_at=guards.door().community.paging.drill_at, local=local, duty=duty_words.WORDS, form=request.form,
            day_of=duty_words.day_of, zone=guards.door().community.time_zone, most_weeks=rota.MOST_WEEKS,
            problem=problem,
        )  # fmt: skip
    return drawn, status
