"""Sending a mobile team from a thread: one page for what it is told, what it did, and what rings."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import audit, dispatch_facts, dispatches
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import Dispatch, Escalation, Responder
from gateway.web import console_dispatch_views, guards
from gateway.web.clock import now
from gateway.web.console_dispatch_words import PROBLEMS, WORDS
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number

LISTS = frozenset(("needs", "safety_flags", "languages", "roles_wanted", "reason_codes"))
Do = Callable[[Session, Door, int, Responder, datetime], Any]


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The pages of dispatches. ``note_seen`` starts the idle time anew, as everywhere in the console."""
    blueprint = guards.blueprint("console_dispatch", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("/threads/<int:escalation_id>/dispatches", "draft", draft, methods=["POST"])
    add("/dispatches/<int:dispatch_id>", "shown", shown)
    for view in (edit, send, cancel, safe, done, note):
        add(f"/dispatches/<int:dispatch_id>/{view.__name__}", view.__name__, view, methods=["POST"])
    return blueprint


def draft(escalation_id: int) -> ResponseReturnValue:
    """Begin with what the thread says, and go to the page."""
    door = guards.door()
    with door.database.begin() as session:
        made = dispatches.draft(session, door.community, escalation_id, g.responder, now())
        number, conversation_id = made.id, made.conversation_id
    door.bell.announce(conversation_id)
    return redirect(url_for("console_dispatch.shown", dispatch_id=number), 303)


def shown(dispatch_id: int) -> ResponseReturnValue:
    """One dispatch; that it was read is written down, as with a thread."""
    with guards.door().database.begin() as session:
        dispatch, row = _found(session, dispatch_id)
        audit.note(session, now(), "view", "dispatch", dispatch.id, g.responder.id, escalation=row.id)
    return _draw(dispatch_id)


def edit(dispatch_id: int) -> ResponseReturnValue:
    """Keep what was changed; a team that is out is told."""
    return _act(dispatch_id, _edit)


def send(dispatch_id: int) -> ResponseReturnValue:
    """Keep what was changed, and ask the team. What was typed stays, also where the team cannot be asked yet."""
    kept: list[int] = []

    def keep(session: Session, door: Door, key: int, who: Responder, at: datetime) -> None:
        kept.append(_edit(session, door, key, who, at).version)

    def ask(session: Session, door: Door, key: int, who: Responder, at: datetime) -> None:
        dispatches.send(session, door.community, key, kept[-1], who, at, door.settings.public_url)

    return _act(dispatch_id, keep, ask)


def cancel(dispatch_id: int) -> ResponseReturnValue:
    """Call the team off."""
    return _act(dispatch_id, lambda db, _, key, who, at: dispatches.cancel(db, key, who, at))


def safe(dispatch_id: int) -> ResponseReturnValue:
    """End an SOS: somebody spoke with the team."""
    return _act(dispatch_id, lambda db, door, key, who, at: dispatches.safe(db, door.community, key, who, at))


def done(dispatch_id: int) -> ResponseReturnValue:
    """Note that the team told us that it is done."""
    ended = request.form.get("disposition", "")
    return _act(dispatch_id, lambda db, _, key, who, at: dispatches.done(db, key, who, at, ended))


def note(dispatch_id: int) -> ResponseReturnValue:
    """Note that somebody looks after what stands on the page."""
    what = request.form.get("what", "")
    return _act(dispatch_id, lambda db, _, key, who, at: dispatches.note(db, key, who, at, what))


def _edit(session: Session, door: Door, key: int, who: Responder, at: datetime) -> Dispatch:
    version = number(request.form.get("version", ""), 8) or 0
    return dispatches.edit(
        session, door.community, key, version, _changes(), who, at, public_url=door.settings.public_url
    )


def _changes() -> dict[str, Any]:
    """The fields that the form has (``has``), as it sends them: a box without a tick sends nothing."""
    form, changes = request.form, dict[str, Any]()
    for name in form.getlist("has"):
        if name in LISTS:
            changes[name] = form.getlist(name)
        elif name == "checklist":
            changes[name] = {key[2:]: value for key, value in form.items() if key.startswith("q_") and value}
        elif name == "place_confirmed":
            changes[name] = form.get(name) == "yes"
        else:
            changes[name] = form.get(name, "")
    return changes


def _act(dispatch_id: int, *steps: Do) -> ResponseReturnValue:
    """Do one thing after the other and show the page as it is then; what cannot be done is said on it."""
    door = guards.door()
    try:
        for do in steps:
            with door.database.begin() as session:
                do(session, door, dispatch_id, g.responder, now())
                conversation_id = _found(session, dispatch_id)[0].conversation_id
    except Refused as refused:
        if refused.code not in PROBLEMS:
            raise
        return _draw(dispatch_id, status=refused.status, problem=refused.code)
    for ring in (door.bell.announce, door.bell.ring, door.bell.ring_for_texts):
        ring(conversation_id)
    return redirect(url_for("console_dispatch.shown", dispatch_id=dispatch_id), 303)


def _draw(dispatch_id: int, *, status: int = 200, problem: str | None = None) -> ResponseReturnValue:
    door = guards.door()
    with door.database.begin() as session:
        dispatch, row = _found(session, dispatch_id)
        page = console_dispatch_views.shown(session, door, dispatch, row, g.responder, now())
        made = render_template(
            "console/dispatch.html", page=page, teams=WORDS, problem=problem, facts=dispatch_facts, town=door.community
        )
    return made, status


def _found(session: Session, dispatch_id: int) -> tuple[Dispatch, Escalation]:
    dispatch = session.get(Dispatch, dispatch_id)
    if dispatch is None:
        raise Refused(404, "no_such_dispatch")
    return dispatch, session.get_one(Escalation, dispatch.escalation_id)
