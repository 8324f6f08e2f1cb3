"""Shifts, for those who work them: who is on call, the next two weeks, swaps, and a calendar for one's phone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import paging, shift_feed, shifts, swaps, texts
from gateway.errors import Refused
from gateway.models import Responder
from gateway.models.people import EDITOR
from gateway.web import duty_words, guards
from gateway.web.clock import now
from gateway.web.console_acts import note
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number

AHEAD = timedelta(days=14)
HOME = "console_shifts.page"
VERBS = {"take": swaps.take, "decline": swaps.decline, "withdraw": swaps.withdraw}


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The page of shifts and what is done there."""
    blueprint = guards.blueprint("console_shifts", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("/shifts", "page", page)
    add("/shift/heard", "heard", heard, methods=["POST"])
    add("/shifts/<int:shift_id>/end", "end", end, methods=["POST"])
    add("/shifts/<int:shift_id>/swap", "ask", ask, methods=["POST"])
    add("/swaps/<int:swap_id>/<verb>", "swap", swap, methods=["POST"])
    add("/shifts/calendar", "calendar", calendar, methods=["POST"])
    add("/shifts/calendar/end", "no_calendar", no_calendar, methods=["POST"])
    return blueprint


def make_feed() -> Blueprint:
    """The calendar itself, which programs read without a log-in."""
    blueprint = guards.blueprint("shift_feed", guard=guards.public)
    blueprint.add_url_rule("/shifts/<token>.ics", "feed", feed)
    return blueprint


def page() -> ResponseReturnValue:
    """Who is on call now and in the next two weeks."""
    return _draw()


def heard() -> ResponseReturnValue:
    """The alarm of this console can be heard: the shift has begun."""
    with guards.door().database.begin() as session:
        shifts.heard(session, g.responder, now())
    return ("", 204) if "X-Background" in request.headers else _back()


def end(shift_id: int) -> ResponseReturnValue:
    """Go off one's shift before its time."""
    return _do(lambda db, who, at: shifts.end(db, shift_id, who, at))


def ask(shift_id: int) -> ResponseReturnValue:
    """Ask for a swap, of one colleague or of everybody."""
    whom = number(request.form.get("of", ""), 9)
    return _do(lambda db, who, at: swaps.ask(db, shift_id, who, at, whom, note()))


def swap(swap_id: int, verb: str) -> ResponseReturnValue:
    """Take a colleague's shift, say no to it, or ask no longer."""
    if verb not in VERBS:
        raise Refused(404, "no_such_swap")
    return _do(lambda db, who, at: VERBS[verb](db, swap_id, who, at))


def calendar() -> ResponseReturnValue:
    """A new address for one's calendar; it is shown in this answer and never again."""
    with guards.door().database.begin() as session:
        token = shift_feed.make(session, g.responder, now())
    there = guards.door().settings.public_url + url_for("shift_feed.feed", token=token)
    return _draw(address=there)


def no_calendar() -> ResponseReturnValue:
    """Let that address open nothing any longer."""
    return _do(shift_feed.revoke)


def feed(token: str) -> ResponseReturnValue:
    """The calendar of whoever this address was given to; 404 for every other, without saying why."""
    with guards.door().database.begin() as session:
        who = shift_feed.owner_of(session, token)
        if who is None:
            raise Refused(404, "not_found")
        host = guards.door().settings.public_url.partition("://")[2].partition(":")[0]
        drawn = shift_feed.calendar(session, who, host, now())
    answer = Response(drawn, mimetype="text/calendar")
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.last_modified = now()
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def colleagues(session: Session) -> list[Responder]:
    """Everybody who may be on call, by name."""
    return list(
        session.scalars(
            select(Responder).where(Responder.active, Responder.role != EDITOR).order_by(Responder.name, Responder.id)
        )
    )


def local(at: datetime) -> datetime:
    """The same moment by the town's clock."""
    return at.astimezone(guards.door().community.clock)


def done(
    act: Callable[[Session, Responder, datetime], Any], draw: Callable[..., tuple[str, int]], home: str
) -> ResponseReturnValue:
    """Do one thing in one transaction and go ``home``; what these pages have words for is told on ``draw`` instead."""
    try:
        with guards.door().database.begin() as session:
            act(session, g.responder, now())
    except Refused as refused:
        if refused.code not in duty_words.PROBLEMS:
            raise
        return draw(status=refused.status, problem=refused.code)
    return redirect(url_for(home), 303)


def _do(act: Callable[[Session, Responder, datetime], Any]) -> ResponseReturnValue:
    return done(act, _draw, HOME)


def _back() -> ResponseReturnValue:
    return redirect(url_for(HOME), 303)


def _draw(*, status: int = 200, **more: object) -> tuple[str, int]:
    at = now()
    with guards.door().database.begin() as session:
        coming = shifts.between(session, at, at + AHEAD)
        on_call = [each for each in coming if each.shift.starts_at <= at]
        drawn = render_template(
            "console/shifts.html",
            now=at, on_call=on_call, unspoken=_unspoken(on_call),
            rest=paging.resting(session, at), mine=shifts.of_now(session, g.responder, at),
            swaps=swaps.open_for(session, g.responder, at), days=_days(coming, shifts.gaps(session, at, at + AHEAD)),
            people=colleagues(session), feed=shift_feed.given(session, g.responder), local=local, duty=duty_words.WORDS,
            day_of=duty_words.day_of, **more,
        )  # fmt: skip
    return drawn, status


def _unspoken(on_call: list[shifts.Worked]) -> list[str]:
    """The languages of our residents that nobody on call writes."""
    spoken = {language for each in on_call for language in each.languages}
    return [language for language in texts.LANGUAGES if on_call and language not in spoken]


def _days(coming: list[shifts.Worked], gaps: list[shifts.Span]) -> list[tuple[datetime, list[Any]]]:
    """What begins on each local day, shifts and gaps in turn."""
    begins: list[tuple[datetime, Any]] = [(each.shift.starts_at, each) for each in coming]
    begins += [(each.starts_at, each) for each in gaps]
    days: dict[str, tuple[datetime, list[Any]]] = {}
    for at, each in sorted(begins, key=lambda one: one[0]):
        days.setdefault(f"{local(at):%F}", (local(at), []))[1].append(each)
    return list(days.values())
