"""The supervisor's live board, and giving a waiting thread to somebody from there; it shows no word of a resident."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway import board, escalations, ownership, room
from gateway.errors import Refused
from gateway.models import Escalation
from gateway.web import board_words, duty_words, guards
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules
from gateway.web.console_shifts import local
from gateway.web.console_views import seconds
from gateway.web.numbers import number_given

WHOLE, LIVE = "console/board.html", "console/board_live.html"  # the page, and the part of it that is drawn anew


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The board and what is done there."""
    blueprint = guards.blueprint("console_board", guard=guards.supervisor, url_prefix="/console/board")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("", "page", page)
    add("/live", "live", live)
    add("/<int:escalation_id>/assign", "hands", hands)
    add("/<int:escalation_id>/assign", "assign", assign, methods=["POST"])
    return blueprint


def page() -> str:
    """The board."""
    return _draw(WHOLE)


def live() -> str:
    """What changes of it, for a page that is open."""
    return _draw(LIVE)


def hands(escalation_id: int) -> ResponseReturnValue:
    """To whom a waiting thread may be given now."""
    return _hands(escalation_id)


def assign(escalation_id: int) -> ResponseReturnValue:
    """Give it to them, and go back to the board; what went wrong is told with the list as it is now."""
    epoch, to = number_given("epoch"), number_given("to")
    door, at = guards.door(), now()
    try:
        if epoch is None:
            raise Refused(400, "epoch_missing")
        with door.database.begin() as session:
            row = ownership.assign(session, door.community, escalation_id, epoch, g.responder, at, to_id=to or 0)
    except Refused as refused:
        if refused.code not in board_words.PROBLEMS:
            raise
        return _hands(escalation_id, status=refused.status, problem=refused.code)
    door.bell.announce(row.conversation_id)
    door.bell.ring(row.conversation_id)
    door.bell.ring_for_texts(row.conversation_id)
    return redirect(url_for("console_board.page"), 303)


def _hands(escalation_id: int, *, status: int = 200, problem: str | None = None) -> tuple[str, int]:
    town, at = guards.door().community, now()
    with guards.door().database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise Refused(404, "no_such_escalation")
        people = room.colleagues(session, town, g.responder, at)
        drawn = render_template(
            "console/board_assign.html", row=row, waits=row.status == escalations.WAITING, people=people,
            problem=problem, age=seconds(row.waiting_since, at), **_words(),
        )  # fmt: skip
    return drawn, status


def _draw(template: str) -> str:
    at = now()
    with guards.door().database.begin() as session:
        found = board.read(session, guards.door().community, at)
        return render_template(template, board=found, now=at, age=lambda since: seconds(since, at), **_words())


def _words() -> dict[str, Any]:
    return {"board_words": board_words.WORDS, "duty": duty_words.WORDS, "local": local, "day_of": duty_words.day_of}
