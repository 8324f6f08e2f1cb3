"""Second looks: closed emergencies, for somebody else to agree with or to open again."""

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import second_look
from gateway.errors import Refused
from gateway.web import console_handoff_words, guards
from gateway.web.clock import now
from gateway.web.console_acts import note
from gateway.web.console_handoff_views import closed
from gateway.web.console_rules import apply_rules

VERDICTS = {second_look.AGREE: True, second_look.REOPEN: False}


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The list of what waits for a look, and the look itself."""
    blueprint = guards.blueprint("console_looks", guard=guards.responder, url_prefix="/console/looks")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "due", due)
    blueprint.add_url_rule("/<int:escalation_id>", "look", look, methods=["POST"])
    return blueprint


def due() -> ResponseReturnValue:
    """Closed emergencies that nobody else has looked at."""
    return _draw()


def look(escalation_id: int) -> ResponseReturnValue:
    """Keep what this person says of it."""
    verdict = request.form.get("look", "")
    if verdict not in VERDICTS:
        return _draw(status=400, problem="unknown_look")
    door = guards.door()
    try:
        with door.database.begin() as session:
            again = second_look.look(session, escalation_id, g.responder, now(), agree=VERDICTS[verdict], note=note())
    except Refused as refused:
        if refused.code not in console_handoff_words.PROBLEMS:
            raise
        return _draw(status=refused.status, problem=refused.code)
    if again is not None:
        door.bell.announce(again.conversation_id)
        return redirect(url_for("console.thread", escalation_id=again.id), 303)
    return redirect(url_for("console_looks.due"), 303)


def _draw(*, status: int = 200, **more: object) -> tuple[str, int]:
    door = guards.door()
    with door.database.begin() as session:
        ids = [row.id for _, row in second_look.due(session)]
        found = closed(session, door.community, ids, g.responder)[::-1]
        return render_template("console/looks.html", rows=found, drawn_at=now(), **more), status
