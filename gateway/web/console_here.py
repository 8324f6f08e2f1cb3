"""Signs of life: that a page of the console is open, and that its reader writes in a thread of theirs."""

import time
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import attendance, log_ins, owner_watch
from gateway.web import console_log_in, guards
from gateway.web.clock import now
from gateway.web.console_acts import BACKGROUND
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number

BEATS = "console_beats"
WRITING = {"console.draft", "console.writing"}  # what a page sends by itself while somebody types
BEAT_EVERY = 5.0  # seconds between two that are written down; pages give one every ten


def make() -> Blueprint:
    """The route for the signs of open pages: what it notes is one transaction, so nothing notes before it."""
    blueprint = guards.blueprint("console_here", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.add_url_rule("/here", "here", here, methods=["POST"])
    return blueprint


def here() -> ResponseReturnValue:
    """A sign of life of a page; with ``acted`` its owner writes in the thread ``escalation`` just now.

    Answers with the threads of its reader that soon go back to the queue, wherever in the console they are.
    """
    door, at, due, conversation_id = guards.door(), now(), _beat_due(), None
    thread = number(request.form.get("escalation", "")) if request.form.get("acted") == "1" else None
    with door.database.begin() as session:
        if thread is not None:
            conversation_id = attendance.wrote(session, thread, g.responder.id, at)
        if due:
            attendance.beat(session, g.responder.id, at)
        if BACKGROUND not in request.headers:
            log_ins.seen(session, request.cookies.get(console_log_in.COOKIE, ""), at)
        soon = owner_watch.soon(session, door.community.ownership, g.responder.id, at)
    _noted(conversation_id, beaten=due)
    return {"soon": [_going_back(key, left) for key, left in sorted(soon.items(), key=lambda each: each[1])]}


def note_here() -> None:
    """Who asks for anything is here; who does something in a thread of theirs does not sleep."""
    thread, due, conversation_id = (request.view_args or {}).get("escalation_id"), _beat_due(), None
    if request.method != "POST":
        thread = None
    if thread is None and not due:
        return
    with guards.door().database.begin() as session:
        if thread is not None:
            conversation_id = _act(session, thread, now())
        if due:
            attendance.beat(session, g.responder.id, now())
    _noted(conversation_id, beaten=due)


def _act(session: Session, thread: int, at: datetime) -> int | None:
    what = attendance.wrote if request.endpoint in WRITING else attendance.act
    return what(session, thread, g.responder.id, at)


def _beat_due() -> bool:
    beats: dict[int, float] = current_app.extensions[BEATS]
    return time.monotonic() - beats.get(g.responder.id, -BEAT_EVERY) >= BEAT_EVERY


def _noted(conversation_id: int | None, *, beaten: bool) -> None:
    """What follows once it is written down: the pages of the thread show it, and the next beat has time."""
    if beaten:
        current_app.extensions[BEATS][g.responder.id] = time.monotonic()
    if conversation_id is not None:
        guards.door().bell.announce(conversation_id)


def _going_back(escalation_id: int, left: int) -> dict[str, Any]:
    return {"id": escalation_id, "left": left, "url": url_for("console.thread", escalation_id=escalation_id)}


def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions[BEATS] = {}
