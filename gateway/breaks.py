"""Rest: a break that is offered after an emergency, and somebody to talk it over with.

None of this is ever used to rate anybody: breaks and debriefs are counted for the team as a whole, if at all.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from gateway import audit
from gateway.community import Community
from gateway.errors import Refused
from gateway.models import Break, Debrief, Escalation, Responder, Transfer

OFFERED, TAKEN, DECLINED, ENDED = "offered", "taken", "declined", "ended"
AFTER_EMERGENCY, OWN = "after_emergency", "own"
ASKED, DONE, WITHDRAWN = "asked", "done", "withdrawn"
OFFERED_FOR = timedelta(hours=1)
EMERGENCY = "emergency"
# What somebody may wish not to be asked about first: categories of rule cards in which a person's own past may return.
THEMES = (
    "suicide", "self_harm", "overdose", "sexual_assault", "partner_violence", "child", "elder", "trafficking",
    "violence", "psychosis",
)  # fmt: skip


def offer_due(session: Session, _community: Community, now: datetime) -> list[int]:
    """Offer a break to whoever closed an emergency, or lost one by the clock, within the last hour: once for each."""
    closed = select(Escalation.id, Escalation.owner_id).where(
        Escalation.level == EMERGENCY, ~Escalation.drill, Escalation.resolved_at > now - OFFERED_FOR,
        Escalation.owner_id.is_not(None),
        ~exists().where(Break.escalation_id == Escalation.id, Break.responder_id == Escalation.owner_id),
    )  # fmt: skip
    lapsed = (
        select(Escalation.id, Transfer.from_id)
        .join(Transfer, Transfer.escalation_id == Escalation.id)
        .where(
            Transfer.kind == "lapse", Transfer.at > now - OFFERED_FOR, Transfer.from_id.is_not(None),
            Escalation.level == EMERGENCY, ~Escalation.drill,
            ~exists().where(Break.escalation_id == Escalation.id, Break.responder_id == Transfer.from_id),
        )
    )  # fmt: skip
    for escalation_id, responder_id in {*map(tuple, session.execute(closed)), *map(tuple, session.execute(lapsed))}:
        session.add(Break(responder_id=responder_id, escalation_id=escalation_id, kind=AFTER_EMERGENCY, state=OFFERED,
                          offered_at=now))  # fmt: skip
    over = (Break.state == TAKEN, Break.ends_at <= now)
    session.execute(update(Break).where(*over).values(state=ENDED))
    return []


def standing(session: Session, responder: Responder, now: datetime) -> Break | None:
    """The break that they are on, or that was offered lately and not answered."""
    on = current(session, responder, now)
    return on or session.scalar(
        select(Break)
        .where(Break.responder_id == responder.id, Break.state == OFFERED, Break.offered_at > now - OFFERED_FOR)
        .order_by(Break.id.desc())
        .limit(1)
    )


def current(session: Session, responder: Responder, now: datetime) -> Break | None:
    """The break that they are on."""
    return session.scalar(
        select(Break)
        .where(Break.responder_id == responder.id, Break.state == TAKEN, Break.starts_at <= now, Break.ends_at > now)
        .order_by(Break.ends_at.desc())
        .limit(1)
    )


def take(session: Session, community: Community, responder: Responder, now: datetime) -> Break:
    """Rest from now on: the one that was offered, else one's own. Who rests already goes on resting."""
    row = standing(session, responder, now)
    if row is not None and row.state == TAKEN:
        return row
    if row is None:
        row = Break(responder_id=responder.id, kind=OWN, state=OFFERED, offered_at=now)
        session.add(row)
    row.state, row.starts_at = TAKEN, now
    row.ends_at = now + timedelta(minutes=community.shifts.break_minutes)
    session.flush()
    audit.note(session, now, "break_take", "break", row.id, responder.id)
    return row


def decline(session: Session, responder: Responder, now: datetime) -> None:
    """Go on working, whatever was offered."""
    offered = (Break.responder_id == responder.id, Break.state == OFFERED)
    for row_id in session.scalars(update(Break).where(*offered).values(state=DECLINED).returning(Break.id)).all():
        audit.note(session, now, "break_decline", "break", row_id, responder.id)


def end(session: Session, responder: Responder, now: datetime) -> None:
    """Be back before the break is over."""
    taken = (Break.responder_id == responder.id, Break.state == TAKEN, Break.ends_at > now)
    ended = update(Break).where(*taken).values(state=ENDED, ends_at=now).returning(Break.id)
    for row_id in session.scalars(ended).all():
        audit.note(session, now, "break_end", "break", row_id, responder.id)


def put_aside(session: Session, responder: Responder, themes: Iterable[str], now: datetime) -> None:
    """Ask this person about these themes only when nobody else is there. Unknown ones are left out."""
    chosen = sorted(set(themes) & set(THEMES))
    session.execute(update(Responder).where(Responder.id == responder.id).values(muted_themes=chosen))
    audit.note(session, now, "themes", "responder", responder.id, responder.id, count=len(chosen))


def ask_debrief(session: Session, responder: Responder, now: datetime, escalation_id: int | None = None) -> Debrief:
    """Ask for somebody to talk to; asking twice is one wish."""
    row = my_debrief(session, responder)
    if row is None:
        row = Debrief(responder_id=responder.id, escalation_id=escalation_id, state=ASKED, at=now)
        session.add(row)
        session.flush()
        audit.note(session, now, "debrief_ask", "debrief", row.id, responder.id)
    return row


def my_debrief(session: Session, responder: Responder) -> Debrief | None:
    """What this person has asked for and not had yet."""
    return session.scalar(
        select(Debrief).where(Debrief.responder_id == responder.id, Debrief.state.in_((ASKED, TAKEN))).limit(1)
    )


def debriefs(session: Session) -> list[tuple[Debrief, str]]:
    """What was asked for and is not done, with who asked: for supervisors, who call them."""
    found = session.execute(
        select(Debrief, Responder.name)
        .join(Responder, Responder.id == Debrief.responder_id)
        .where(Debrief.state.in_((ASKED, TAKEN)))
        .order_by(Debrief.at)
    )
    return [(row, name) for row, name in found]


def answer_debrief(session: Session, debrief_id: int, by: Responder, state: str, now: datetime) -> Debrief:
    """A supervisor takes it on or has had it; who asked may withdraw it. Raises :class:`Refused` otherwise."""
    row = session.get(Debrief, debrief_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused(404, "no_such_debrief")
    own = row.responder_id == by.id
    if state not in {TAKEN, DONE, WITHDRAWN} or own != (state == WITHDRAWN):
        raise Refused(403, "not_yours")
    if row.state not in {ASKED, TAKEN}:
        raise Refused(409, "debrief_over")
    row.state = state
    if state != TAKEN:
        row.settled_at = now
    if state != WITHDRAWN:
        row.with_id = by.id
    audit.note(session, now, f"debrief_{state}", "debrief", row.id, by.id)
    return row
