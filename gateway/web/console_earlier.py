"""Reading an earlier conversation of the same contact, from the thread in which one needs to know it."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from gateway import earlier
from gateway.errors import Refused
from gateway.models import Escalation
from gateway.web import guards
from gateway.web.clock import now


def add_routes(blueprint: Blueprint) -> None:
    """Open the route; by POST, because each reading is an act that is written down."""
    path = "/threads/<int:escalation_id>/earlier/<int:conversation_id>"
    blueprint.add_url_rule(path, "earlier", shown, methods=["POST"])


def shown(escalation_id: int, conversation_id: int) -> ResponseReturnValue:
    """The messages of one earlier conversation."""
    with guards.door().database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise Refused(404, "no_such_escalation")
        found = earlier.read(session, row, conversation_id, g.responder, now())
    return render_template("console/earlier_read.html", escalation_id=escalation_id, said=found)
