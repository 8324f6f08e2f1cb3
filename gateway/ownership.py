"""How a thread passes from hand to hand: passed on, taken over, assigned, listened to, or given back by a clock.

Every change goes through :func:`gateway.escalations.move`, a compare-and-set on (status, epoch). What was asked of
somebody, and what was done, is kept as a transfer; the resident is told who is there now, and only then.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gateway import attendance, audit, escalations, notes, room
from gateway.community import Community
from gateway.errors import Conflict, Refused
from gateway.escalations import CLAIMED, SUPERVISING, WAITING, first_name
from gateway.marking import N_
from gateway.models import Escalation, Responder, Transfer
from gateway.models.people import EDITOR
from gateway.risk import Level

COLD, WARM, DESK, ASSIGN, TAKE_OVER, LAPSE = "cold", "warm", "desk", "assign", "take_over", "lapse"
OFFERED, ACCEPTED, DECLINED, WITHDRAWN, DONE = "offered", "accepted", "declined", "withdrawn", "done"
AWAY, SILENT = "away", "silent"  # why a thread went back: the console gave no sign of life, a message stays unanswered
# Why a supervisor takes a thread from its owner.
TAKE_OVER_REASONS = {
    "owner_silent": N_("The owner does not answer"),
    "danger": N_("The danger needs somebody else"),
    "language": N_("Another language is needed"),
    "shift_over": N_("The owner's shift is over"),
    "asked": N_("The owner or the resident asked for it"),
}


def transfer(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    community: Community,
    escalation_id: int,
    epoch: int,
    owner: Responder,
    now: datetime,
    *,
    to_id: int,
    warm: bool = False,
    note: str | None = None,
) -> Escalation:
    """Pass an owned thread on to a colleague: at once, or (``warm``) when they say yes; until then it stays.

    Raises :class:`Refused` when their console is not open, as the thread would only fall back from them, and when it
    is cold and they have no room for a routine thread; :class:`Conflict` as :func:`escalations.owned` does.
    """
    row = escalations.owned(session, escalation_id, epoch, owner)
    if to_id == owner.id:
        raise Refused(400, "yourself")
    to = _able(session, community, to_id, now)
    _settle(session, row.id, WITHDRAWN, now)
    _write_down(session, row, owner, note, now)
    if warm:
        _keep(session, row, WARM, OFFERED, now, owner.id, to.id, note)
        audit.note(session, now, "offer", "escalation", row.id, owner.id, to=to.id)
        row.owner_acted_at = now
        session.flush()
        return row
    if Level(row.level) < Level.URGENT and room.may_take(session, community, row, to, now) != "yes":
        raise Refused(409, "colleague_full")
    _keep(session, row, COLD, DONE, now, owner.id, to.id, note)
    return _give(session, row, "transfer", owner, to, now, by=owner.id)


def to_desk(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    community: Community,
    escalation_id: int,
    epoch: int,
    owner: Responder,
    now: datetime,
    *,
    desk: str,
    note: str | None = None,
) -> Escalation:
    """Pass an owned thread on to one of the town's desks: it waits there, marked as theirs, until one of them claims
    it. Raises :class:`Refused` for a desk that the town has not."""
    if desk not in {each.code for each in community.desks}:
        raise Refused(400, "no_such_desk")
    row = escalations.owned(session, escalation_id, epoch, owner)
    _settle(session, row.id, WITHDRAWN, now)
    _keep(session, row, DESK, DONE, now, owner.id, None, note, desk)
    _write_down(session, row, owner, note, now)
    said = "transfer_to_desk"
    return escalations.put_back(session, row.id, epoch, "pass_on", now, owner, said, desk=desk, to=desk)


def accept(
    session: Session, community: Community, escalation_id: int, responder: Responder, now: datetime
) -> Escalation:
    """Say yes to a warm transfer: the thread is theirs from now on. Raises :class:`Conflict` when it was withdrawn."""
    row, offer = _offered(session, escalation_id, responder)
    owner = row.owner
    if row.status != CLAIMED or owner is None or owner.id != offer.from_id:
        raise Conflict("not_offered", owner.name if owner else None)
    _able(session, community, responder.id, now, here=False)
    offer.state, offer.settled_at = ACCEPTED, now
    return _give(session, row, "transfer", owner, responder, now, by=responder.id)


def decline(session: Session, escalation_id: int, responder: Responder, now: datetime) -> Escalation:
    """Say no to a warm transfer: the thread stays with its owner, who sees it."""
    row, offer = _offered(session, escalation_id, responder)
    offer.state, offer.settled_at = DECLINED, now
    audit.note(session, now, "decline", "escalation", row.id, responder.id)
    escalations.touch(session, row.id)
    return row


def withdraw(session: Session, escalation_id: int, epoch: int, owner: Responder, now: datetime) -> Escalation:
    """Take back a warm transfer that nobody has answered."""
    row = escalations.owned(session, escalation_id, epoch, owner)
    _settle(session, row.id, WITHDRAWN, now)
    escalations.touch(session, row.id)
    return row


def take_over(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    escalation_id: int,
    epoch: int,
    supervisor: Responder,
    now: datetime,
    *,
    reason: str,
    note: str | None = None,
) -> Escalation:
    """Take a thread from its owner, as a supervisor and for a reason. Raises :class:`Refused` for anybody else."""
    _supervises(supervisor)
    if reason not in TAKE_OVER_REASONS:
        raise Refused(400, "no_take_over_reason")
    escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    owner = row.owner
    if row.status != CLAIMED or row.epoch != epoch or owner is None or owner.id == supervisor.id:
        raise Conflict("cannot_take_over", owner.name if owner else None)
    _settle(session, row.id, WITHDRAWN, now)
    _keep(session, row, TAKE_OVER, DONE, now, owner.id, supervisor.id, f"{reason}\n{note}" if note else reason)
    _write_down(session, row, supervisor, note, now)
    return _give(session, row, "take_over", owner, supervisor, now, by=supervisor.id, reason_code=reason)


def assign(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    community: Community,
    escalation_id: int,
    epoch: int,
    supervisor: Responder,
    now: datetime,
    *,
    to_id: int,
) -> Escalation:
    """Give a waiting thread to somebody whose console is open, as a supervisor."""
    _supervises(supervisor)
    to = _able(session, community, to_id, now)
    escalations.refuse_late(session, escalation_id, epoch)
    row = escalations.take(session, escalation_id, epoch, "assign", to, now, by=supervisor)
    _keep(session, row, ASSIGN, DONE, now, None, to.id, None)
    return row


def lapse(  # noqa: PLR0913 - the verb's own facts
    session: Session, escalation_id: int, epoch: int, owner_id: int | None, now: datetime, why: str
) -> Escalation:
    """Put a thread back whose owner is not there, by a clock or because their account was closed."""
    escalations.lock(session, escalation_id)
    _settle(session, escalation_id, WITHDRAWN, now)
    row = escalations.put_back(session, escalation_id, epoch, "lapse", now, said="owner_away", why=why, owner=owner_id)
    _keep(session, row, LAPSE, DONE, now, owner_id, None, why)
    return row


def listen(session: Session, escalation_id: int, supervisor: Responder, now: datetime) -> Escalation:
    """Read along as a supervisor. It is written down; neither the owner nor the resident is told."""
    _supervises(supervisor)
    row = _attended(session, escalation_id)
    if attendance.come(session, row.id, supervisor.id, attendance.LISTENING, now):
        audit.note(session, now, "listen", "escalation", row.id, supervisor.id)
    return row


def join(session: Session, escalation_id: int, supervisor: Responder, now: datetime) -> Escalation:
    """Be at a thread beside its owner, as a supervisor; the owner sees it and the resident is told."""
    _supervises(supervisor)
    conversation = escalations.lock(session, escalation_id)
    row = _attended(session, escalation_id)
    if row.owner_id == supervisor.id:
        raise Refused(409, "yourself")
    if attendance.come(session, row.id, supervisor.id, attendance.JOINED, now):
        audit.note(session, now, "join", "escalation", row.id, supervisor.id)
        escalations.tell(session, conversation, "joined_too", now, name=first_name(supervisor))
        escalations.touch(session, row.id)
    return row


def leave(session: Session, escalation_id: int, responder: Responder, now: datetime) -> Escalation:
    """Be at a thread no longer; who had joined is missed, so the resident is told who stays."""
    conversation = escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    there = attendance.of_responder(session, row.id, responder.id)
    if there is None:
        return row
    attendance.leave(session, row.id, now, responder.id)
    if there.kind == attendance.JOINED:
        audit.note(session, now, "leave", "escalation", row.id, responder.id)
        if row.owner is not None and row.status == CLAIMED:
            escalations.tell(
                session, conversation, "joined_left", now, name=first_name(responder), colleague=first_name(row.owner)
            )
        escalations.touch(session, row.id)
    return row


# An offer is its owner's word while they own the thread without a break: who gave it back and claims it again has not
# said it again.
_STANDS = (
    Escalation.owner_id == Transfer.from_id,
    Escalation.status == CLAIMED,
    Escalation.claimed_at <= Transfer.at,
)


def offer_of(session: Session, escalation_id: int) -> Transfer | None:
    """The warm transfer of a thread that waits for an answer, while its owner is the one who asked."""
    return session.scalar(
        select(Transfer)
        .join(Escalation, Escalation.id == Transfer.escalation_id)
        .where(
            Transfer.escalation_id == escalation_id,
            Transfer.state == OFFERED,
            *_STANDS,
        )
    )


def offered_to(session: Session, responder_id: int) -> Sequence[tuple[Transfer, Escalation]]:
    """The threads that this responder was asked to take, oldest first."""
    return _passed_to(session, responder_id, Transfer.state == OFFERED, *_STANDS)


def given_to(session: Session, responder_id: int) -> Sequence[tuple[Transfer, Escalation]]:
    """The threads that were given to this responder unasked, and in which they did nothing since, oldest first."""
    return _passed_to(
        session,
        responder_id,
        Transfer.kind.in_((COLD, ASSIGN)),
        Escalation.owner_id == responder_id,
        Escalation.status == CLAIMED,
        Escalation.claimed_at == Transfer.at,
        Escalation.owner_acted_at.is_(None),
        Escalation.owner_wrote_at.is_(None),
    )


def _passed_to(
    session: Session, responder_id: int, *which: ColumnElement[bool]
) -> Sequence[tuple[Transfer, Escalation]]:
    found = session.execute(
        select(Transfer, Escalation)
        .join(Escalation, Escalation.id == Transfer.escalation_id)
        .where(Transfer.to_id == responder_id, *which)
        .order_by(Transfer.id)
    )
    return [(transfer, row) for transfer, row in found]


def latest(session: Session, escalation_id: int) -> Transfer | None:
    """The newest transfer of a thread, whatever became of it."""
    return session.scalar(
        select(Transfer).where(Transfer.escalation_id == escalation_id).order_by(Transfer.id.desc()).limit(1)
    )


def lapsed_from(session: Session, responder_id: int, since: datetime) -> Sequence[tuple[Transfer, Escalation]]:
    """The threads that went back from this responder after ``since`` and wait still."""
    found = session.execute(
        select(Transfer, Escalation)
        .join(Escalation, Escalation.id == Transfer.escalation_id)
        .where(
            Transfer.from_id == responder_id,
            Transfer.kind == LAPSE,
            Transfer.at > since,
            Escalation.status == escalations.WAITING,
            Escalation.waiting_since == Transfer.at,
        )
        .order_by(Transfer.id)
    )
    return [(transfer, row) for transfer, row in found]


def _give(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    row: Escalation,
    verb: str,
    before: Responder,
    to: Responder,
    now: datetime,
    *,
    by: int,
    reason_code: str | None = None,
) -> Escalation:
    """Make somebody else the owner; the bot stays silent, as it was."""
    conversation = escalations.lock(session, row.id)
    given = escalations.move(session, row.id, row.epoch, verb, before, owner_id=to.id, claimed_at=now,
                             owner_means=escalations.CONSOLE, owner_acted_at=None, owner_wrote_at=None)  # fmt: skip
    attendance.leave(session, row.id, now, to.id)
    escalations.tell(
        session, conversation, "transferred_to_person", now, name=first_name(to), colleague=first_name(before)
    )
    detail = {"before": before.id, "to": to.id} | ({"why": reason_code} if reason_code else {})
    audit.note(session, now, verb, "escalation", row.id, by, **detail)
    return given


def _keep(  # noqa: PLR0913, PLR0917 - a transfer is these facts
    session: Session,
    row: Escalation,
    kind: str,
    state: str,
    now: datetime,
    from_id: int | None,
    to_id: int | None,
    note: str | None,
    desk: str | None = None,
) -> None:
    settled = None if state == OFFERED else now
    session.add(
        Transfer(escalation_id=row.id, kind=kind, state=state, from_id=from_id, to_id=to_id, desk=desk, note=note,
                 at=now, settled_at=settled)
    )  # fmt: skip
    session.flush()


def _write_down(session: Session, row: Escalation, by: Responder, note: str | None, now: datetime) -> None:
    """Keep what goes with a thread among its notes: the third who has it must still know what the first one learned."""
    if note:
        notes.add(session, row.id, by, note, now)


def _settle(session: Session, escalation_id: int, state: str, now: datetime) -> None:
    """End what was offered of this thread and not answered."""
    wanted = select(Transfer).where(Transfer.escalation_id == escalation_id, Transfer.state == OFFERED)
    for offer in session.scalars(wanted):
        offer.state, offer.settled_at = state, now
    session.flush()


def _offered(session: Session, escalation_id: int, responder: Responder) -> tuple[Escalation, Transfer]:
    escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    offer = offer_of(session, escalation_id)
    if offer is None or offer.to_id != responder.id:
        raise Conflict("not_offered", row.owner.name if row.owner else None)
    return row, offer


def _attended(session: Session, escalation_id: int) -> Escalation:
    row = session.get(Escalation, escalation_id)
    if row is None:
        raise Refused(404, "no_such_escalation")
    if row.status not in {WAITING, CLAIMED}:
        raise Conflict("thread_ended", row.owner.name if row.owner else None)
    return row


def _able(session: Session, community: Community, responder_id: int, now: datetime, *, here: bool = True) -> Responder:
    """Somebody who may own a thread. Raises :class:`Refused` for anybody else, and for who is not ``here``."""
    found = session.get(Responder, responder_id)
    if found is None or not found.active or found.role == EDITOR:
        raise Refused(400, "no_such_colleague")
    if here and not room.is_here(session, community, responder_id, now):
        raise Refused(409, "colleague_not_here")
    return found


def _supervises(responder: Responder) -> None:
    if responder.role not in SUPERVISING:
        raise Refused(403, "supervisors_only")
