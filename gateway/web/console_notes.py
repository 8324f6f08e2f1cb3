"""The notes beside a thread: writing one."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from gateway import notes
from gateway.errors import Refused
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_acts import after, draw, page


def add_routes(blueprint: Blueprint) -> None:
    """Open the route that keeps a note."""
    blueprint.add_url_rule("/threads/<int:escalation_id>/notes", "add_note", add_note, methods=["POST"])


def add_note(escalation_id: int) -> ResponseReturnValue:
    """Keep a note; whoever may read the thread may write one, also when it has ended."""
    try:
        with guards.door().database.begin() as session:
            made = notes.add(session, escalation_id, g.responder, request.form.get("text", ""), now())
            conversation_id = made.conversation_id
    except Refused as refused:
        if not refused.code.startswith("note_"):
            raise
        noted = request.form.get("text", "")
        return draw(escalation_id, page(), status=refused.status, problem=refused.code, noted=noted)
    guards.door().bell.announce(conversation_id)
    return after(escalation_id, leave=False)
