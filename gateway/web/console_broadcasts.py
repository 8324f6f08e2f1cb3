"""Broadcasts: what supervisors tell everybody who answers, read by each, with who has read it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import broadcast_readers, broadcasts
from gateway.errors import Refused
from gateway.escalations import SUPERVISING
from gateway.web import board_words, guards
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules

Act = Callable[[Any, Any], object]
HOME = "console_broadcasts.page"


def make(note_seen: Callable[[], None]) -> list[Blueprint]:
    """The list and "I have read it" for everybody who answers; telling and ending for supervisors."""
    reading = guards.blueprint("console_broadcasts", guard=guards.responder, url_prefix="/console/broadcasts")
    telling = guards.blueprint("console_broadcasting", guard=guards.supervisor, url_prefix="/console/broadcasts")
    for blueprint in (reading, telling):
        apply_rules(blueprint)
        blueprint.before_request(note_seen)
    reading.add_url_rule("", "page", page)
    reading.add_url_rule("/<int:broadcast_id>/seen", "seen", seen, methods=["POST"])
    telling.add_url_rule("", "send", send, methods=["POST"])
    telling.add_url_rule("/<int:broadcast_id>/end", "end", end, methods=["POST"])
    return [reading, telling]


def page() -> ResponseReturnValue:
    """What stands and what stood."""
    return _draw()


def seen(broadcast_id: int) -> ResponseReturnValue:
    """Note that its reader has read it; from the bar of an open page, which is drawn anew."""
    refused = _do(lambda db, at: broadcasts.seen(db, guards.door().community, broadcast_id, g.responder, at))
    if refused is None and "HX-Request" in request.headers:
        return render_template("console/inbox.html")
    return _after(refused)


def send() -> ResponseReturnValue:
    """Tell everybody, or one desk."""
    form = request.form
    lasts = form.get("lasts", "")

    def do(session: Any, at: Any) -> None:
        broadcasts.send(
            session, guards.door().community, g.responder, form.get("text", ""), at,
            urgent=form.get("urgent") == "1", desk=form.get("desk") or None,
            minutes=int(lasts) if lasts in map(str, broadcasts.LASTS) else None if lasts == "ended" else 0,
        )  # fmt: skip

    return _after(_do(do))


def end(broadcast_id: int) -> ResponseReturnValue:
    """Let it stand no longer."""
    return _after(_do(lambda db, at: broadcasts.end(db, broadcast_id, g.responder, at)))


def _do(act: Act) -> Refused | None:
    """Do one thing in one transaction; what was refused, where these pages have words for it."""
    try:
        with guards.door().database.begin() as session:
            act(session, now())
    except Refused as refused:
        if refused.code not in board_words.PROBLEMS:
            raise
        return refused
    return None


def _after(refused: Refused | None) -> ResponseReturnValue:
    return redirect(url_for(HOME), 303) if refused is None else _draw(refused.status, refused.code)


def _draw(status: int = 200, problem: str | None = None) -> tuple[str, int]:
    town, at = guards.door().community, now()
    supervises = g.responder.role in SUPERVISING
    with guards.door().database.begin() as session:
        told = broadcast_readers.told(session, town, g.responder, at)
        desks = {each.code: str(each.name.es if g.responder.locale == "es" else each.name.en) for each in town.desks}
        drawn = render_template(
            "console/broadcasts.html", told=told, supervises=supervises, desks=desks, problem=problem,
            form=request.form, longest=broadcasts.LONGEST, board_words=board_words.WORDS,
        )  # fmt: skip
    return drawn, status
