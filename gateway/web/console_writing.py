"""Signs beside a web chat: the owner's page says that they write, and shows whether the resident does and is there.

Neither is for texts: a phone tells nobody that somebody types. Who only listens is never told of to the resident.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Blueprint, current_app, g, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select

from gateway import escalations
from gateway.clients.signs import Resident
from gateway.conversations import WEBCHAT
from gateway.errors import Refused
from gateway.marking import N_
from gateway.models import Contact, Conversation, Escalation
from gateway.web import guards
from gateway.web.clock import now

OPEN_SECONDS = 12  # a page that is open gives a sign each five seconds
WRITING, OPEN = N_("They are writing…"), N_("Their page is open.")
JUST_CLOSED, CLOSED = N_("Their page was open a moment ago."), N_("Their page was open %(minutes)s min ago.")
MINUTE = 60

Say = Callable[..., str]
Found = Row[int, str, int | None, str, str, datetime | None]


def add_routes(blueprint: Blueprint) -> None:
    """Open both routes. The look is a GET: an open page alone is no act of its owner."""
    add = blueprint.add_url_rule
    add("/threads/<int:escalation_id>/signs", "signs", signs)
    add("/threads/<int:escalation_id>/writing", "writing", writing, methods=["POST"])


def signs(escalation_id: int) -> ResponseReturnValue:
    """What the resident's page does, in words, for a page that is open."""
    found = _thread(escalation_id)
    if found.channel != WEBCHAT or found.status == escalations.RESOLVED:
        return jsonify(writing="", seen="")
    seen = guards.door().signs.of_resident(found.address_hash)
    say = cast(Say, current_app.jinja_env.globals["_"])
    return jsonify(writing=say(WRITING) if _writes(seen, found.last_inbound_at) else "", seen=_seen(seen, say))


def writing(escalation_id: int) -> ResponseReturnValue:
    """Tell the resident that the owner of their thread writes; nobody else may say so."""
    found = _thread(escalation_id)
    if found.status != escalations.CLAIMED or found.owner_id != g.responder.id:
        raise Refused(403, "not_your_thread")
    name = next(iter(g.responder.name.split()), "")
    if found.channel == WEBCHAT and name:
        guards.door().signs.responder_writes(found.address_hash, name)
        guards.door().bell.announce_writing(found.conversation_id)
    return "", 204


def _writes(seen: Resident, last: datetime | None) -> bool:
    """Whether they write now: what they wrote before their newest message is over with it."""
    return seen.writes is not None and (last is None or (now() - last).total_seconds() > seen.writes)


def _seen(seen: Resident, say: Say) -> str:
    if seen.seen is None:
        return ""
    if seen.seen <= OPEN_SECONDS and not seen.left:
        return say(OPEN)
    minutes = seen.seen // MINUTE
    return say(CLOSED, minutes=minutes) if minutes else say(JUST_CLOSED)


def _thread(escalation_id: int) -> Found:
    with guards.door().database.begin() as session:
        found = session.execute(
            select(
                Conversation.id.label("conversation_id"), Escalation.status, Escalation.owner_id, Contact.channel,
                Contact.address_hash, Conversation.last_inbound_at,
            )
            .join(Escalation, Escalation.conversation_id == Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Escalation.id == escalation_id)
        ).one_or_none()  # fmt: skip
    if found is None:
        raise Refused(404, "no_such_escalation")
    return found
