"""The directory beside a thread: searching it, and telling the resident of a service with one press."""

from datetime import datetime
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import audit, beside, escalations, referrals
from gateway.directory import asking, one_service
from gateway.errors import Refused
from gateway.models import Escalation, Responder
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_acts import WHOLE, act, draw
from gateway.web.console_thread import say

ACT = "tell_service"


def add_routes(blueprint: Blueprint) -> None:
    """Open the search and the one press that tells; both by POST, so that no word of a search stands in an address."""
    for name, view in (("beside", search), ("tell", tell)):
        blueprint.add_url_rule(f"/threads/<int:escalation_id>/{name}", name, view, methods=["POST"])


def search(escalation_id: int) -> ResponseReturnValue:
    """What the directory has for this resident, each with the very text that they would read."""
    words, place = request.form.get("q", "").strip(), request.form.get("place", "").strip()
    door = guards.door()
    with door.database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise Refused(404, "no_such_escalation")
        found = beside.look(session, door.community, row.conversation, words, place, g.responder.locale, now())
        shown: dict[str, Any] = {"looked": found, "asked": (words, place), "escalation": row, "may_tell": _mine(row)}
        shown["not_said"] = lambda service: one_service.not_said(service, g.responder.locale)
    if "HX-Request" in request.headers:
        return render_template("console/beside_found.html", **shown)
    return draw(escalation_id, WHOLE, **shown)


def tell(escalation_id: int) -> ResponseReturnValue:
    """Tell the resident of one service, in their language, and write down that a person offered it."""
    service_id, at = request.form.get("service", ""), request.form.get("location") or None
    community = guards.door().community

    def do(session: Session, who: Responder, key: int, epoch: int, moment: datetime) -> Escalation:
        row = escalations.owned(session, key, epoch, who)
        offer = beside.one(session, community, row.conversation, service_id, at, moment)
        if offer is None:
            raise Refused(404, "no_such_service")
        said = [say(session, row, who, text, moment, language=code) for code, text in offer.said]
        message = next((each for each in said if each is not None), None)
        if message is not None:
            told = referrals.Offer(service_id, offer.service.name, _need(), offer.service.location_id)
            by = referrals.By(referrals.RESPONDER, who.id, message.id)
            referrals.refer(session, row.conversation, None, [told], moment, by)
            audit.note(session, moment, ACT, "escalation", row.id, who.id, service=service_id, message=message.id)
        return row

    return act(escalation_id, do, ring=True)


def _need() -> str:
    """The need that the search found it for; what is no need of the town's stands under "other"."""
    need = request.form.get("need", "")
    return need if need in asking.tags_of(guards.door().community).needs else "other"


def _mine(row: Escalation) -> bool:
    return row.status == escalations.CLAIMED and row.owner_id == g.responder.id
