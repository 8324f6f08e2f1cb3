"""How a thread is closed: the town's word for it, needs, referrals, a follow-up; and how a new message opens it again.

The only module that writes a closing. After an emergency somebody else looks at it (:mod:`gateway.second_look`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, bindparam, literal_column, or_, select
from sqlalchemy.orm import Session

from gateway import dispatches, escalations, follow_ups, optout
from gateway.community import Community
from gateway.community_duty import Disposition
from gateway.conversations import SMS, with_contact
from gateway.errors import Refused
from gateway.models import Closing, Conversation, Escalation, Lowering, Message, Referral, Responder
from gateway.risk import Level

NONE, ASKED = "none", "asked"
FOLLOW_UPS = (NONE, ASKED)
RETURNED = "returned_to_bot"
WROTE_AGAIN = "wrote_again"
MOST_NEEDS, LONGEST_CHAIN = 12, 20
ABOUT_US = "about_program"
DANGER = [level.value for level in Level if level >= Level.URGENT]
# The standard ones in Spanish, for a console in that language; residents read none of them.
SPANISH = {
    "helped": "Recibió ayuda en esta conversación",
    "referred": "Se le refirió a un servicio",
    "team_sent": "Se pidió que fuera un equipo móvil",
    "handed_to_911": "Se pasó al 911",
    "handed_to_988": "Se pasó al 988",
    "declined": "No quiso ayuda",
    "no_reply": "No contestó",
    "out_of_area": "Fuera de nuestra zona",
    "wrong_number": "Número equivocado o prueba",
    "not_in_danger": "No había peligro",
    RETURNED: "Se devolvió a la computadora",
}


@dataclass(frozen=True)
class Draft:
    """What a responder says of the end: a code of :func:`choices`, need codes, ``none`` or ``asked``, a note."""

    disposition: str
    needs: tuple[str, ...] = ()
    follow_up: str = NONE
    note: str | None = None


def choices(community: Community) -> tuple[Disposition, ...]:
    """How a thread may end, in the town's words; in ours where the town has none."""
    standard = escalations.DISPOSITIONS.items()
    return community.dispositions or tuple(
        Disposition(code=code, standard=code, en=words, es=SPANISH[code])
        for code, words in standard
        if code != RETURNED
    )


def need_codes(community: Community) -> tuple[str, ...]:
    """The needs that may be noted, the town's own among them."""
    return tuple(need for need in community.directory.tags.needs if need != ABOUT_US)


def close(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    community: Community,
    escalation_id: int,
    epoch: int,
    responder: Responder,
    draft: Draft,
    now: datetime,
) -> Escalation:
    """End an owned thread and keep how; an emergency then waits for somebody else's look.

    Raises :class:`Refused` for what is on no list and for a follow-up after danger, :class:`Conflict` as
    :func:`escalations.resolve` does; then nothing was closed.
    """
    standard = _standard(community, draft)
    dispatches.refuse_while_out(session, escalation_id)
    row = escalations.resolve(session, escalation_id, epoch, responder, standard, now, draft.note)
    gravest = gravest_level(session, row)
    if draft.follow_up == ASKED and gravest >= Level.URGENT:
        raise Refused(400, "no_follow_up_after_danger")
    wanted = draft.follow_up == ASKED and may_follow_up(session, community, row, now)
    offered = wanted and follow_ups.offer_by_person(session, community, row.conversation, responder, now)
    look = gravest is Level.EMERGENCY and not row.drill
    session.add(
        Closing(
            escalation_id=row.id, responder_id=responder.id, at=now, disposition=draft.disposition, standard=standard,
            needs=list(dict.fromkeys(draft.needs)), referral_ids=list(session.scalars(_referrals(row))),
            follow_up=ASKED if offered else NONE, note=draft.note,
            look_due_at=now + timedelta(hours=community.closing.second_look_hours) if look else None,
        )
    )  # fmt: skip
    session.flush()
    return row


def may_follow_up(session: Session, community: Community, row: Escalation, now: datetime) -> bool:
    """Whether the resident may be asked if the help worked: by text, never after danger, never after an opt-out."""
    conversation = row.conversation
    return (
        community.follow_up.offered
        and conversation.channel == SMS
        and gravest_level(session, row) < Level.URGENT
        and not optout.in_force(session, conversation.channel, conversation.contact.address_hash)
        and follow_ups.may_ask_again(session, conversation, now)
    )


def gravest_level(session: Session, row: Escalation) -> Level:
    """The highest level that a thread ever had: a person who lowered it does not make it another thread."""
    before = session.scalars(select(Lowering.from_level).where(Lowering.escalation_id == row.id))
    return max([Level(row.level), *map(Level, before)])


def of_thread(session: Session, escalation_ids: Sequence[int]) -> list[tuple[Closing, str]]:
    """The closings of a thread with who closed it, oldest first."""
    found = session.execute(
        select(Closing, Responder.name)
        .join(Responder, Responder.id == Closing.responder_id)
        .where(Closing.escalation_id.in_(escalation_ids))
        .order_by(Closing.id)
    )
    return [(closing, name) for closing, name in found]


def chain(session: Session, row: Escalation) -> list[int]:
    """The ids of this thread and of those that it goes on from, the newest first: their history is one."""
    ids = [row.id]
    before = row.reopens_id
    while before is not None and before not in ids and len(ids) < LONGEST_CHAIN:
        ids.append(before)
        before = session.scalar(select(Escalation.reopens_id).where(Escalation.id == before))
    return ids


def reopens_since(community: Community, now: datetime) -> datetime:
    """After when a danger was closed that a message opens again; nothing was where the town wants none of it."""
    hours = community.closing.reopen_hours
    return now - timedelta(hours=hours) if hours else datetime.max.replace(tzinfo=UTC)


def open_again(  # noqa: PLR0913 - who wrote what, and what the screen made of it
    session: Session,
    before: int | None,
    conversation: Conversation,
    message: Message,
    level: Level,
    now: datetime,
) -> Escalation | None:
    """A message after the danger ``before`` that was closed lately: a person reads it, at least as routine.

    Danger in it opens as danger. Once: what was closed as routine is not opened again by a "thank you". The contact
    and the conversation are locked.
    """
    if before is None or escalations.of_conversation(session, conversation.id) is not None:
        return None
    danger = level >= Level.URGENT
    row = escalations.open_(
        session, conversation, "risk" if danger else WROTE_AGAIN, level if danger else Level.ROUTINE, now, message.id
    )
    row.reopens_id = before
    return row


# Asked with every text (:mod:`gateway.storing`). The newest that was closed decides, if that was lately and it was a
# danger. The state stands in it as it does in the index, or the index could not be used.
_newest = (
    select(Escalation.id, Escalation.resolved_at, Escalation.level, Escalation.drill)
    .join(Conversation, Conversation.id == Escalation.conversation_id)
    .where(
        with_contact(bindparam("contact_id")),
        Escalation.status == literal_column(f"'{escalations.RESOLVED}'"),
    )
    .order_by(Escalation.id.desc())
    .limit(1)
    .subquery()
)
_lowered = select(Lowering.id).where(Lowering.escalation_id == _newest.c.id, Lowering.from_level.in_(DANGER))
LAST_CLOSED = select(_newest.c.id).where(
    _newest.c.resolved_at > bindparam("since"),
    ~_newest.c.drill,
    or_(_newest.c.level.in_(DANGER), _lowered.exists()),
)


def _referrals(row: Escalation) -> Select[int]:
    """What was told in this thread."""
    return select(Referral.id).where(Referral.conversation_id == row.conversation_id).order_by(Referral.id)


def _standard(community: Community, draft: Draft) -> str:
    """Which standard disposition a draft stands for. Raises :class:`Refused` for what is on no list."""
    known = draft.follow_up in FOLLOW_UPS and len(draft.needs) <= MOST_NEEDS
    if not known or not set(draft.needs) <= set(need_codes(community)):
        raise Refused(400, "unknown_closing")
    found = next((each.standard for each in choices(community) if each.code == draft.disposition), None)
    if found is None and draft.disposition != RETURNED:
        raise Refused(400, "unknown_disposition")
    return found or RETURNED
