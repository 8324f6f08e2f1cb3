"""Whose a thread is: claiming, passing on, taking over, listening."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import audit, escalations, ownership, room
from gateway.models import Escalation, Responder
from gateway.risk import Level
from gateway.web import console_ownership_views, guards
from gateway.web.clock import now
from gateway.web.console_acts import Act, act, after, draw, note, page
from gateway.web.numbers import number_given


def add_routes(blueprint: Blueprint) -> None:
    """Open the routes of ownership."""
    blueprint.record(_prepare)
    blueprint.add_url_rule("/colleagues", "colleagues", colleagues)
    verbs: Mapping[str, Callable[[int], ResponseReturnValue]] = {
        "claim": claim, "pass-on": pass_on, "accept": accept, "decline": decline, "withdraw": withdraw,
        "take-over": take_over, "assign": assign, "listen": listen, "join": join, "leave": leave, "stay": stay,
    }  # fmt: skip
    for name, view in verbs.items():
        blueprint.add_url_rule(f"/threads/<int:escalation_id>/{name}", name.replace("-", "_"), view, methods=["POST"])


def colleagues() -> str:
    """To whom a thread may be given now: a page that was opened an hour ago knows it no more."""
    desks = request.args.get("desks") == "1"
    return render_template("console/colleagues.html", given=console_ownership_views.hands(), desks=desks)


def claim(escalation_id: int) -> ResponseReturnValue:
    """Take the escalation; of several who try, one wins and the others are told who.

    Who holds as much as they should, or rests, is asked back; in danger they may take it all the same.
    """
    over = request.form.get("over") == "yes"
    problem = _too_much(escalation_id)
    if problem is not None and not (over and not problem.endswith("_routine")):
        return draw(escalation_id, page(), status=409, problem=problem)

    def do(db: Session, who: Responder, key: int, epoch: int, at: datetime) -> Escalation:
        row = escalations.claim(db, key, epoch, who, at)
        if problem is not None:
            audit.note(db, at, "over_capacity", "escalation", row.id, who.id, why=problem)
        return row

    return act(escalation_id, do)


def _too_much(escalation_id: int) -> str | None:
    """Why this responder should not take one more thread, as a code of the page's problems."""
    town = guards.door().community
    with guards.door().database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None or row.status != escalations.WAITING:
            return None
        verdict = room.may_take(session, town, row, g.responder, now())
        if verdict == "yes":
            return None
        if Level(row.level) >= Level.URGENT:
            return "resting" if verdict == "resting" else "full_danger"
        refused = room.leaves_it(session, town, row, g.responder, now(), verdict)
        return f"{verdict}_routine" if refused else None


def stay(escalation_id: int) -> ResponseReturnValue:
    """Say that one is at work on it, though nothing was written: that somebody pressed has been noted by now."""
    return after(escalation_id, leave=False)


def pass_on(escalation_id: int) -> ResponseReturnValue:
    """Pass an owned thread on: to a colleague at once or by asking them (``warm``), or to a desk."""
    town, words = guards.door().community, note()
    to, warm = request.form.get("to", ""), request.form.get("how") != "cold"
    if to.startswith("desk:"):
        desk = to.removeprefix("desk:")
        return _act(
            escalation_id,
            lambda db, who, key, epoch, at: ownership.to_desk(db, town, key, epoch, who, at, desk=desk, note=words),
        )
    colleague = number_given("to") or 0
    return _act(
        escalation_id,
        lambda db, who, key, epoch, at: ownership.transfer(
            db, town, key, epoch, who, at, to_id=colleague, warm=warm, note=words
        ),
    )


def accept(escalation_id: int) -> ResponseReturnValue:
    """Say yes to a thread that one was asked to take."""
    town = guards.door().community
    return _act(escalation_id, lambda db, who, key, _epoch, at: ownership.accept(db, town, key, who, at))


def decline(escalation_id: int) -> ResponseReturnValue:
    """Say no to it."""
    return _act(escalation_id, lambda db, who, key, _epoch, at: ownership.decline(db, key, who, at))


def withdraw(escalation_id: int) -> ResponseReturnValue:
    """Keep a thread after all that somebody was asked to take."""
    return _act(escalation_id, lambda db, who, key, epoch, at: ownership.withdraw(db, key, epoch, who, at))


def take_over(escalation_id: int) -> ResponseReturnValue:
    """Take a thread from its owner, for a reason."""
    reason, words = request.form.get("reason", ""), note()
    return _act(
        escalation_id,
        lambda db, who, key, epoch, at: ownership.take_over(db, key, epoch, who, at, reason=reason, note=words),
    )


def assign(escalation_id: int) -> ResponseReturnValue:
    """Give a waiting thread to somebody."""
    town, to = guards.door().community, number_given("to") or 0
    return _act(
        escalation_id, lambda db, who, key, epoch, at: ownership.assign(db, town, key, epoch, who, at, to_id=to)
    )


def listen(escalation_id: int) -> ResponseReturnValue:
    """Read along; nobody is told."""
    return _act(escalation_id, lambda db, who, key, _epoch, at: ownership.listen(db, key, who, at))


def join(escalation_id: int) -> ResponseReturnValue:
    """Be there beside the owner; the resident is told."""
    return _act(escalation_id, lambda db, who, key, _epoch, at: ownership.join(db, key, who, at))


def leave(escalation_id: int) -> ResponseReturnValue:
    """Be there no longer."""
    return _act(escalation_id, lambda db, who, key, _epoch, at: ownership.leave(db, key, who, at))


def _act(escalation_id: int, do: Act) -> ResponseReturnValue:
    """An act after which texts may wait to be sent."""
    return act(escalation_id, do, ring=True)


def _prepare(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["take_over_reasons"] = ownership.TAKE_OVER_REASONS
