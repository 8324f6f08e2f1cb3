"""How a thread ends: closed with a disposition, needs and a follow-up, or handed back to the bot."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from gateway import closings
from gateway.web import guards
from gateway.web.console_acts import act, draw, note, page


def add_routes(blueprint: Blueprint) -> None:
    """Open the routes of closing."""
    add = blueprint.add_url_rule
    add("/threads/<int:escalation_id>/hand-back", "hand_back", hand_back, methods=["POST"])
    add("/threads/<int:escalation_id>/resolve", "resolve", resolve, methods=["POST"])


def hand_back(escalation_id: int) -> ResponseReturnValue:
    """Return the conversation to the bot; an emergency is looked at all the same."""
    return _close(escalation_id, closings.Draft(closings.RETURNED))


def resolve(escalation_id: int) -> ResponseReturnValue:
    """End the escalation with a disposition of the town's."""
    code, form = request.form.get("disposition", ""), request.form
    if code not in {each.code for each in closings.choices(guards.door().community)}:
        return draw(escalation_id, page(), status=400, problem="no_disposition")
    draft = closings.Draft(code, tuple(form.getlist("needs")), form.get("follow_up") or closings.NONE, note())
    return _close(escalation_id, draft)


def _close(escalation_id: int, draft: closings.Draft) -> ResponseReturnValue:
    town = guards.door().community
    return act(
        escalation_id,
        lambda db, who, key, epoch, at: closings.close(db, town, key, epoch, who, draft, at),
        leave=True,
        ring=draft.follow_up == closings.ASKED,
    )
