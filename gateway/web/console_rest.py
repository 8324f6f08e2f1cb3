"""Rest, for those who answer: a break, and somebody to talk a hard thread over with. Never used to rate anybody."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import breaks, escalations
from gateway.errors import Refused
from gateway.models import Responder
from gateway.web import duty_words, guards
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules
from gateway.web.console_shifts import done, local

STATES = (breaks.TAKEN, breaks.DONE, breaks.WITHDRAWN)


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The page of rest and what is done there."""
    blueprint = guards.blueprint("console_rest", guard=guards.responder, url_prefix="/console/rest")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("", "page", page)
    add("/take", "take", take, methods=["POST"])
    add("/decline", "decline", decline, methods=["POST"])
    add("/end", "end", end, methods=["POST"])
    add("/themes", "themes", themes, methods=["POST"])
    add("/debrief", "ask", ask, methods=["POST"])
    add("/debrief/<int:debrief_id>/<state>", "debrief", debrief, methods=["POST"])
    return blueprint


def page() -> ResponseReturnValue:
    """One's own break and wish to talk; for supervisors also who asked."""
    return _draw()


def take() -> ResponseReturnValue:
    """Rest from now on."""
    return _do(lambda db, who, at: breaks.take(db, guards.door().community, who, at))


def decline() -> ResponseReturnValue:
    """Go on working."""
    return _do(breaks.decline)


def end() -> ResponseReturnValue:
    """Be back."""
    return _do(breaks.end)


def themes() -> ResponseReturnValue:
    """Put themes aside, or take them up again."""
    chosen = request.form.getlist("theme")
    return _do(lambda db, who, at: breaks.put_aside(db, who, chosen, at))


def ask() -> ResponseReturnValue:
    """Ask for somebody to talk to."""
    return _do(breaks.ask_debrief)


def debrief(debrief_id: int, state: str) -> ResponseReturnValue:
    """A supervisor takes it on or has had it; who asked withdraws it."""
    if state not in STATES:
        raise Refused(404, "no_such_debrief")
    if state != breaks.WITHDRAWN and g.responder.role not in escalations.SUPERVISING:
        raise Refused(403, "supervisors_only")
    return _do(lambda db, who, at: breaks.answer_debrief(db, debrief_id, who, state, at))


def _do(act: Callable[[Session, Responder, datetime], Any]) -> ResponseReturnValue:
    return done(act, _draw, "console_rest.page")


def _draw(*, status: int = 200, problem: str | None = None) -> tuple[str, int]:
    supervises = g.responder.role in escalations.SUPERVISING
    with guards.door().database.begin() as session:
        asked = breaks.debriefs(session) if supervises else []
        drawn = render_template(
            "console/rest.html",
            standing=breaks.standing(session, g.responder, now()), mine=breaks.my_debrief(session, g.responder),
            asked=[(row, name) for row, name in asked if row.responder_id != g.responder.id], supervises=supervises,
            aside=set(g.responder.muted_themes),
            minutes=guards.door().community.shifts.break_minutes, local=local, duty=duty_words.WORDS, problem=problem,
        )  # fmt: skip
    return drawn, status
