"""Requests that a person take over: open, claim, release, lower, resolve; the only module that assigns their status.

Every change by a person is a compare-and-set on (status, epoch): of two responders who claim at once one wins, and the
other is told who did.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, literal_column, or_, select, update
from sqlalchemy.orm import Session

from gateway import audit, delivery, paging, texts
from gateway.conversations import hand_back, hand_over, may_be_told, say
from gateway.errors import Conflict, Refused
from gateway.marking import N_
from gateway.models import Assessment, Conversation, Escalation, Lowering, Message, Responder
from gateway.risk import Level

WAITING, CLAIMED, RESOLVED = "waiting", "claimed", "resolved"
CONSOLE, BY_SMS, BY_VOICE = "console", "sms", "voice"

# (status before, verb) -> status after. Anything else is refused; a verb has one status before it.
TRANSITIONS = {
    (WAITING, "claim"): CLAIMED,
    (WAITING, "assign"): CLAIMED,
    (CLAIMED, "release"): WAITING,
    (CLAIMED, "lapse"): WAITING,
    (CLAIMED, "pass_on"): WAITING,
    (CLAIMED, "transfer"): CLAIMED,
    (CLAIMED, "take_over"): CLAIMED,
    (CLAIMED, "resolve"): RESOLVED,
    (WAITING, "end_drill"): RESOLVED,
}

DISPOSITIONS = {
    "helped": N_("Helped in this conversation"),
    "referred": N_("Referred to a service"),
    "team_sent": N_("Mobile team asked to go"),
    "handed_to_911": N_("Handed to 911"),
    "handed_to_988": N_("Handed to 988"),
    "declined": N_("Said no to help"),
    "no_reply": N_("No reply from the resident"),
    "out_of_area": N_("Outside our area"),
    "wrong_number": N_("Wrong number or test"),
    "not_in_danger": N_("No danger found"),
    "returned_to_bot": N_("Returned to the bot"),
}

# Why a person may lower a level. Words of the resident are none of them: a person must have looked (decision 10).
LOWER_REASONS = {
    "safe_now": N_("I spoke with them: safe now"),
    "with_helpers": N_("Somebody who can help is with them"),
    "joke_confirmed": N_("I asked: it was a joke or a false alarm"),
    "misread": N_("The computer misread the words"),
}
# What is said instead when nobody else is on shift; and what is short enough for both languages in one text.
NOBODY_ELSE = {"owner_away": "owner_away_nobody_on_shift"}
IN_ONE = frozenset(("responder_joined", "responder_left"))
PRACTICAL = ["exposure"]
SUPERVISING = frozenset(("supervisor", "admin"))

DANGER_FIRST = case(
    {level.value: rank for rank, level in enumerate(sorted(Level, reverse=True))}, value=Escalation.level, else_=9
)

# Once: it is asked for with every text, and takes longer to put together than to answer. The state stands in it as it
# does in the index, or a prepared statement could not use it.
_OPEN = select(Escalation).where(
    Escalation.conversation_id == bindparam("conversation_id"), Escalation.status != literal_column(f"'{RESOLVED}'")
)


def open_(  # noqa: PLR0913 - an escalation is these facts
    session: Session,
    conversation: Conversation,
    reason: str,
    level: Level,
    now: datetime,
    message_id: int | None = None,
) -> Escalation:
    """Open an escalation, or raise the one that is open already. A level only rises here; :func:`lower` lowers it."""
    row = of_conversation(session, conversation.id)
    if row is None:
        row = Escalation(
            conversation=conversation,
            message_id=message_id,
            reason=reason,
            level=level.value,
            status=WAITING,
            epoch=0,
            opened_at=now,
        )
        session.add(row)
        session.flush()
        audit.note(session, now, "open", "escalation", row.id, reason=reason, level=level.value, message=message_id)
        paging.page(session, row, now)
    else:
        _raise(session, row, reason, level, now, message_id)
    return row


def of_conversation(session: Session, conversation_id: int) -> Escalation | None:
    """The escalation that is open for this conversation, if one is."""
    return session.scalar(_OPEN, {"conversation_id": conversation_id})


def in_danger(session: Session, conversation_id: int) -> bool:
    """Whether an escalation is open here because someone may be in danger."""
    row = of_conversation(session, conversation_id)
    return row is not None and Level(row.level) >= Level.URGENT


def practical(level: Level, categories: Sequence[str]) -> bool:
    """Whether a list of places is half of the help: no roof or no power in dangerous weather, and life not at stake."""
    return level == Level.URGENT and list(categories) == PRACTICAL


def danger_since(  # noqa: PLR0913 - which danger, and when
    session: Session,
    conversation_id: int,
    since: datetime,
    before: int | None = None,
    least: Level = Level.URGENT,
    *,
    besides_practical: bool = False,
) -> bool:
    """Whether a message of this conversation showed danger of level ``least`` or more after ``since`` (and, if given,
    before another message); ``besides_practical`` leaves out what :func:`practical` is true of."""
    levels = [level.value for level in Level if level >= least]
    found = (
        select(Message.id)
        .join(Assessment, Assessment.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.created_at > since, Assessment.level.in_(levels))
    )
    if before is not None:
        found = found.where(Message.id < before)
    if besides_practical:
        found = found.where(or_(Assessment.level != Level.URGENT.value, Assessment.categories != PRACTICAL))
    return session.scalar(found.limit(1)) is not None


def queue(session: Session, limit: int = 500) -> list[Escalation]:
    """Open escalations, the most dangerous first and then the longest waiting."""
    return list(
        session.scalars(
            select(Escalation)
            .where(Escalation.status != RESOLVED)
            .order_by(DANGER_FIRST, Escalation.opened_at, Escalation.id)
            .limit(limit)
        )
    )


def claim(  # noqa: PLR0913 - the verb's own facts
    session: Session, escalation_id: int, epoch: int, responder: Responder, now: datetime, means: str = CONSOLE
) -> Escalation:
    """Make ``responder`` the owner and silence the bot, from this commit on; they work by ``means``.

    Raises :class:`Conflict`, naming the owner, when somebody was first or the page was stale.
    """
    refuse_late(session, escalation_id, epoch)
    return take(session, escalation_id, epoch, "claim", responder, now, means)


def claim_waiting(session: Session, escalation_id: int, responder: Responder, now: datetime, means: str) -> Escalation:
    """Claim by a phone, which has no page that could be out of date: whatever waits is taken as it is now."""
    lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    return take(session, escalation_id, row.epoch, "claim", responder, now, means)


def take(  # noqa: PLR0913, PLR0917 - the verb's own facts
    session: Session, escalation_id: int, epoch: int, verb: str, owner: Responder, now: datetime,
    means: str = CONSOLE, by: Responder | None = None,
) -> Escalation:  # fmt: skip
    """Give a waiting escalation to an owner, by a verb that ends in claimed; ``by`` does it, if not the owner."""
    conversation = lock(session, escalation_id)
    row = move(session, escalation_id, epoch, verb, owner_id=owner.id, claimed_at=now, owner_means=means,
               owner_acted_at=None, owner_wrote_at=None, desk=None)  # fmt: skip
    hand_over(session, conversation, now)
    cancelled = delivery.cancel(session, conversation.id, now)
    tell(session, conversation, "responder_joined", now, name=first_name(owner))
    paging.acknowledge(session, row.id, owner.id, now)
    detail = {"to": owner.id} if by else {}
    audit.note(session, now, verb, "escalation", row.id, (by or owner).id, cancelled=cancelled, **detail)
    return row


def release(session: Session, escalation_id: int, epoch: int, responder: Responder, now: datetime) -> Escalation:
    """Put an owned escalation back into the queue; the bot may speak again meanwhile."""
    return put_back(session, escalation_id, epoch, "release", now, responder)


def put_back(  # noqa: PLR0913 - the verb's own facts
    session: Session, escalation_id: int, epoch: int, verb: str, now: datetime, responder: Responder | None = None,
    said: str | None = None, *, desk: str | None = None, **detail: object,
) -> Escalation:  # fmt: skip
    """Let an owned escalation wait again, by a verb that ends in waiting; others are paged, the bot may speak again.

    ``responder`` is the owner who does it, None for a clock. ``said`` names what the resident is told, by default that
    the owner left; in danger and after a clock that others are asked, or that nobody else is on shift.
    """
    conversation = lock(session, escalation_id)
    owner = session.get_one(Escalation, escalation_id, populate_existing=True).owner
    row = move(session, escalation_id, epoch, verb, responder, owner_id=None, claimed_at=None, owner_means=None,
               owner_acted_at=None, owner_wrote_at=None, waiting_since=now, desk=desk)  # fmt: skip
    hand_back(session, conversation, now)
    said = said or ("responder_left_danger" if Level(row.level) >= Level.URGENT else "responder_left")
    if said != "responder_left" and not [each for each in paging.on_call(session, now) if each != owner]:
        said = NOBODY_ELSE.get(said, "responder_left_danger_nobody_on_shift")
    tell(session, conversation, said, now, colleague=first_name(owner) if owner else "")
    audit.note(session, now, verb, "escalation", row.id, responder.id if responder else None, **detail)
    paging.page(session, row, now)
    return row


def resolve(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    escalation_id: int,
    epoch: int,
    responder: Responder,
    disposition: str,
    now: datetime,
    note: str | None = None,
) -> Escalation:
    """End an escalation, by a named person and with a disposition; the conversation returns to the bot."""
    if disposition not in DISPOSITIONS:
        raise Refused(400, "unknown_disposition")
    conversation = lock(session, escalation_id)
    row = move(session, escalation_id, epoch, "resolve", responder, disposition=disposition, note=note, resolved_at=now)
    hand_back(session, conversation, now)
    tell(session, conversation, "responder_left", now)
    audit.note(session, now, "resolve", "escalation", row.id, responder.id, disposition=disposition)
    return row


def lower(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    escalation_id: int,
    epoch: int,
    responder: Responder,
    now: datetime,
    *,
    level: Level,
    reason: str,
    note: str | None = None,
) -> Escalation:
    """Lower the level of an open escalation: the one way down, for a named person who says why.

    ``level`` is urgent or routine, as what holds no need for a person is resolved instead. Raises :class:`Refused`
    for an unknown reason or a level that is not lower, :class:`Conflict` when the page was stale or the responder
    neither owns the escalation nor supervises. What is found afterwards raises it again.
    """
    if reason not in LOWER_REASONS:
        raise Refused(400, "unknown_reason")
    lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if row.status == RESOLVED or row.epoch != epoch or not may_lower(row, responder):
        raise Conflict("cannot_lower", row.owner.name if row.owner else None)
    before = Level(row.level)
    if level is Level.NONE or level >= before:
        raise Refused(400, "level_not_lower")
    row.level = level.value
    row.epoch += 1
    session.add(
        Lowering(escalation_id=row.id, responder_id=responder.id, at=now, from_level=before.value,
                 to_level=level.value, reason=reason, note=note)
    )  # fmt: skip
    audit.note(session, now, "lower", "escalation", row.id, responder.id, level=level.value, before=before.value,
               why=reason)  # fmt: skip
    return row


def may_lower(row: Escalation, responder: Responder) -> bool:
    """Whether this responder may lower the level: the owner and supervisors may, while it is open and above routine."""
    owns = row.status == CLAIMED and row.owner_id == responder.id
    return row.status != RESOLVED and Level(row.level) > Level.ROUTINE and (owns or responder.role in SUPERVISING)


def owned(session: Session, escalation_id: int, epoch: int, responder: Responder) -> Escalation:
    """The escalation, when ``responder`` owns it at this very epoch; raises :class:`Conflict` otherwise."""
    lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if row.status != CLAIMED or row.epoch != epoch or row.owner_id != responder.id:
        raise Conflict("not_yours", row.owner.name if row.owner else None)
    return row


def replied(row: Escalation, now: datetime) -> None:
    """Note that the owner wrote to the resident; new danger that was shown counts as seen."""
    row.first_reply_at = row.first_reply_at or now
    row.owner_acted_at = now
    row.alerted_at = None


def cannot_text(session: Session, row: Escalation, now: datetime) -> None:
    """Turn a thread with open danger red: its resident opted out, so they can only be called."""
    row.alerted_at = now
    if row.status == CLAIMED:
        row.epoch += 1  # a page drawn before this must not release or resolve what its reader has not seen
    audit.note(session, now, "opted_out", "escalation", row.id)
    if not paging.paged_at(session, row.id, now):
        paging.page(session, row, now)


def fell_silent(session: Session, row: Escalation, since: datetime, now: datetime) -> None:
    """Note that a resident in danger has not written since ``since``."""
    row.silent_since = since
    audit.note(session, now, "silent", "escalation", row.id, seconds=int((now - since).total_seconds()))


def tell(session: Session, conversation: Conversation, key: str, now: datetime, **values: str) -> None:
    """Tell the resident, in plain words, who is there now; long texts in two languages are two texts.

    Whoever comes or goes, nothing is said where a text may be read by somebody else.
    """
    if not may_be_told(conversation):
        return
    language = conversation.language
    if language:
        said = [texts.say(key, language, **values)]
    else:
        said = [texts.both(key, **values)] if key in IN_ONE else texts.each(key, None, **values)
    for text in said:
        say(session, conversation, text, "system", now, priority=delivery.RESPONDER)


def first_name(responder: Responder) -> str:
    """The name of a responder as residents may see it."""
    return responder.name.split()[0]


def _raise(  # noqa: PLR0913
    session: Session, row: Escalation, reason: str, level: Level, now: datetime, message_id: int | None
) -> None:
    if level > Level(row.level):
        row.level, row.reason, row.message_id = level.value, reason, message_id or row.message_id
        audit.note(session, now, "raise", "escalation", row.id, level=level.value, reason=reason, message=message_id)
        paging.page(session, row, now)
    if row.status == CLAIMED and level >= Level.URGENT:
        # A page drawn before this must not resolve or release what its reader has not seen.
        row.alerted_at = now
        row.epoch += 1
    elif level >= Level.URGENT and paging.begin_again(session, row, now):
        audit.note(session, now, "page_anew", "escalation", row.id, reason=reason, message=message_id)


def refuse_late(session: Session, escalation_id: int, epoch: int) -> None:
    """Raise :class:`Conflict` for who comes after the winner, without waiting for the lock that a crowd waits for."""
    row = session.get(Escalation, escalation_id)
    if row is not None and row.epoch > epoch:
        raise Conflict("cannot_claim", row.owner.name if row.owner else None)


def lock(session: Session, escalation_id: int) -> Conversation:
    """Lock the conversation before its escalation, as every other writer does: so no two can wait for each other."""
    found = session.scalar(
        select(Conversation)
        .join(Escalation, Escalation.conversation_id == Conversation.id)
        .where(Escalation.id == escalation_id)
        .with_for_update(key_share=True, of=Conversation)
    )
    if found is None:
        raise Refused(404, "no_such_escalation")
    return found


def touch(session: Session, escalation_id: int) -> None:
    """Give the escalation the next number of the sequence: something that its page shows has changed elsewhere."""
    session.execute(update(Escalation).where(Escalation.id == escalation_id).values(changed_at=Escalation.changed_at))


def move(
    session: Session, escalation_id: int, epoch: int, verb: str, responder: Responder | None = None, **values: object
) -> Escalation:
    """Change the status by a verb of :data:`TRANSITIONS`, if it, the epoch and the owner (if given) are as said.

    The conversation must be locked (:func:`lock`). Raises :class:`Conflict`, naming the owner, when they are not.
    """
    before = next(status for status, known in TRANSITIONS if known == verb)
    wanted = [Escalation.id == escalation_id, Escalation.status == before, Escalation.epoch == epoch]
    if responder is not None:
        wanted.append(Escalation.owner_id == responder.id)
    done = session.execute(
        update(Escalation)
        .where(*wanted)
        .values(status=TRANSITIONS[before, verb], epoch=Escalation.epoch + 1, **values)
        .returning(Escalation.id)
    )
    won = done.first() is not None
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if not won:
        raise Conflict(f"cannot_{verb}", row.owner.name if row.owner else None)
    return row
