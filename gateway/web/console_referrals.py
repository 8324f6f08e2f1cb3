"""The services that a resident was told about: what came of each, the card to print, the link for the provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, follow_up_words, referral_links, referrals
from gateway.errors import Conflict, Refused
from gateway.marking import N_
from gateway.models import Escalation, Referral, ReferralEvent, Responder
from gateway.web import console_views, guards
from gateway.web.clock import now
from gateway.web.console_follow_ups import BARRIERS
from gateway.web.console_rules import apply_rules

STATES = {
    referrals.OFFERED: N_("Told"),
    referrals.DECLINED: N_("Does not want it"),
    referrals.ACCEPTED: N_("Wants it"),
    referrals.SENT: N_("Passed on to the service"),
    referrals.CONTACTED: N_("In touch with the service"),
    referrals.CONNECTED: N_("Has a place or an appointment"),
    referrals.OBTAINED: N_("Got the help"),
    referrals.NOT_OBTAINED: N_("Did not get it"),
    referrals.LOST: N_("Nobody knows"),
}


@dataclass(frozen=True)
class Row:
    """One service as the page shows it. ``may_ask`` is whether a link for the provider may be made."""

    referral: Referral
    reference: str
    card: str
    private: bool
    may_ask: bool
    next: Sequence[str]
    steps: Sequence[tuple[ReferralEvent, str | None]]


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The page beside a thread. ``note_seen`` starts the idle time anew, as everywhere in the console."""
    blueprint = guards.blueprint(
        "console_referrals", guard=guards.responder, url_prefix="/console/threads/<int:escalation_id>/services"
    )
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "told", told)
    blueprint.add_url_rule("/<int:referral_id>", "move", move, methods=["POST"])
    blueprint.add_url_rule("/<int:referral_id>/link", "link", link, methods=["POST"])
    return blueprint


def told(escalation_id: int) -> ResponseReturnValue:
    """The services told in this thread; that they were looked at is written down."""
    return _draw(escalation_id)


def move(escalation_id: int, referral_id: int) -> ResponseReturnValue:
    """Keep what a responder heard came of it."""
    state, barrier = request.form.get("state", ""), request.form.get("barrier") or None
    if state not in STATES or (barrier is not None and barrier not in follow_up_words.codes()):
        return _draw(escalation_id, status=400, problem="Choose what came of it.")
    with guards.door().database.begin() as session:
        row = _row(session, escalation_id, referral_id)
        kept = barrier if state == referrals.NOT_OBTAINED else None
        if not referrals.move(session, row, state, now(), _me(), barrier=kept):
            raise Conflict("referral_moved")
        audit.note(session, now(), state, "referral", row.id, g.responder.id, barrier_code=kept)
    return redirect(url_for("console_referrals.told", escalation_id=escalation_id), 303)


def link(escalation_id: int, referral_id: int) -> ResponseReturnValue:
    """Make a link for the provider, where the resident agreed to that; passing it on is the responder's to do."""
    if request.form.get("agreed") != "yes":
        return _draw(escalation_id, status=400, problem="Ask the resident first, and say that they agreed.")
    door = guards.door()
    with door.database.begin() as session:
        row = _row(session, escalation_id, referral_id)
        if not referral_links.may_ask_provider(session, row):
            raise Refused(403, "no_link_for_this_service")
        referrals.move(session, row, referrals.SENT, now(), _me())  # already further than that is no harm
        audit.note(session, now(), "provider_link", "referral", row.id, g.responder.id, agreed=True)
        token = referral_links.token(door.settings.keys, referral_links.PROVIDER, row, now())
    made = door.settings.public_url + url_for("referral.provider", token=token)
    return _draw(escalation_id, made=(referral_id, made))


def _draw(escalation_id: int, *, status: int = 200, **more: object) -> tuple[str, int]:
    with guards.door().database.begin() as session:
        escalation = _escalation(session, escalation_id)
        console_views.note_view(session, escalation, g.responder, now())
        found = select(Referral).where(Referral.conversation_id == escalation.conversation_id)
        names: dict[int, str] = dict(session.execute(select(Responder.id, Responder.name)).all())
        rows = [_shown(session, row, names) for row in session.scalars(found.order_by(Referral.id.desc()))]
    page = render_template(
        "referral/told.html", escalation=escalation, rows=rows, states=STATES, barriers=BARRIERS, **more
    )
    return page, status


def _shown(session: Session, row: Referral, names: dict[int, str]) -> Row:
    keys = guards.door().settings.keys
    token = referral_links.token(keys, referral_links.CARD, row, now())
    next_ones = referrals.open_to(row, referrals.RESPONDER)
    return Row(
        referral=row,
        reference=referral_links.reference(keys, row),
        card=url_for("referral.card", token=token),
        private=referral_links.private(session, row),
        may_ask=referral_links.may_ask_provider(session, row),
        next=[state for state in STATES if state in next_ones],
        steps=[(event, names.get(event.responder_id or 0)) for event in referrals.events(session, row)],
    )


def _escalation(session: Session, escalation_id: int) -> Escalation:
    found = session.get(Escalation, escalation_id)
    if found is None:
        raise Refused(404, "no_such_escalation")
    return found


def _row(session: Session, escalation_id: int, referral_id: int) -> Referral:
    """One referral of this thread, and of no other."""
    row = session.get(Referral, referral_id)
    if row is None or row.conversation_id != _escalation(session, escalation_id).conversation_id:
        raise Refused(404, "no_such_referral")
    return row


def _me() -> referrals.By:
    return referrals.By(referrals.RESPONDER, responder_id=g.responder.id)
