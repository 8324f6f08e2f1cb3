"""What a call to a responder says, what a key on their phone does, and what the call's receipts mean.

The address of every callback names the notice that rang, so one that comes before the id of the call was written down
is not lost: it proves that the call left. Nothing here knows a number or a word of a resident.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, escalations, ladder, means, notices, room, texts
from gateway.community import Community
from gateway.errors import Conflict, Refused
from gateway.models import Escalation, Notice, Responder
from gateway.models.people import EDITOR

CLAIM, DECLINE = "1", "2"
ASKING = frozenset((ladder.PAGES, ladder.DRILLS))  # any other notice is read out, and that is all
KEY_AFTER_END = timedelta(seconds=30)  # who presses and hangs up at once: the end may be here before the key
PICKED_UP, OVER = "in-progress", "completed"
# How a call ends that nobody answered (Twilio, "Call status values") -> what is written on the page.
UNANSWERED = {"busy": "busy", "no-answer": means.NO_ANSWER, "failed": "failed", "canceled": "failed"}
DECLINED = "declined"


@dataclass(frozen=True)
class Answer:
    """What is said next, in which language, and whether a key is waited for.

    ``conversation_id`` is set where a thread has an owner now, so that open pages are told.
    """

    lines: tuple[str, ...]
    language: str
    asks: bool = False
    after: str = ""
    conversation_id: int | None = None


def picked_up(session: Session, notice_id: int, sid: str, now: datetime) -> Answer:
    """The call ``sid`` was picked up, by a person or a machine. Raises :class:`Refused` with 404 where none is ours."""
    notice = _held(session, notice_id)
    _left(session, notice, sid, now)
    ladder.settled(session, notice, "delivered", now)
    if notice.kind not in ASKING:
        return Answer((notice.text, notice.text), notice.language)
    row = session.get(Escalation, notice.escalation_id)
    if row is None or row.status != escalations.WAITING or not _is_open(notice, now):
        return _late(notice, row)
    return _asking(notice, (notice.text, notice.text))


def pressed(  # noqa: PLR0913 - which key, in which call, in which town
    session: Session, community: Community, notice_id: int, sid: str, key: str, now: datetime
) -> Answer:
    """A key was pressed: 1 claims as the console does (a routine thread not beyond what one person should hold, while
    somebody else has room), 2 lets the ladder go on, any other is asked for again.

    The same key again is answered by what is true then, and changes nothing. Raises :class:`Refused` with 404.
    """
    kept = session.get(Notice, notice_id)
    if kept is None or kept.means != means.VOICE or kept.escalation_id is None:
        raise Refused(404, "no_such_call")
    escalations.lock(session, kept.escalation_id)  # before the notice, as a claim does
    notice = _held(session, notice_id)
    _left(session, notice, sid, now)
    responder = session.get(Responder, notice.responder_id) if notice.responder_id else None
    if responder is None or not responder.active or responder.role == EDITOR or notice.kind not in ASKING:
        return _say(notice, "voice_gone")
    if key == CLAIM:
        return _claim(session, community, notice, responder, now)
    if key == DECLINE:
        return _decline(session, notice, responder, now)
    return _asking(notice, (texts.say("voice_keys", notice.language),))


def receipt(session: Session, notice_id: int, sid: str, status: str, now: datetime) -> None:
    """Take in how far the call ``sid`` came. Late, repeated and unknown ones change nothing.

    A call that ended with no key pressed claims nothing: its page waits out its time, since whoever hung up may be on
    the way to the console.
    """
    notice = _held(session, notice_id)
    if notice.provider_id not in {None, sid}:
        return  # an earlier try, whose answer was lost
    _left(session, notice, sid, now)
    if status == PICKED_UP:
        ladder.settled(session, notice, "delivered", now)
    elif status == OVER:
        notices.move(notice, notices.DELIVERED, now)
    elif status in UNANSWERED and notices.move(notice, notices.FAILED, now):
        ladder.settled(session, notice, UNANSWERED[status], now)


def _claim(session: Session, community: Community, notice: Notice, responder: Responder, now: datetime) -> Answer:
    assert notice.escalation_id is not None  # noqa: S101 - asked before the lock
    row = session.get_one(Escalation, notice.escalation_id, populate_existing=True)
    if row.status == escalations.WAITING and _is_open(notice, now):
        verdict = room.may_take(session, community, row, responder, now)
        if room.leaves_it(session, community, row, responder, now, verdict):
            _put_by(session, notice, responder, now, verdict)
            return _say(notice, f"voice_{verdict}")
        try:
            row = escalations.claim_waiting(session, row.id, responder, now, escalations.BY_VOICE)
        except Conflict:
            session.refresh(row)
        else:
            if verdict != "yes":
                audit.note(session, now, "over_capacity", "escalation", row.id, responder.id, why=verdict)
    notices.move(notice, notices.DELIVERED, now)
    if row.status == escalations.CLAIMED and row.owner_id == responder.id:
        return _say(notice, "voice_yours", conversation_id=row.conversation_id)
    return _late(notice, row)


def _late(notice: Notice, row: Escalation | None) -> Answer:
    """Nothing is left to do: who has it by now, if somebody has."""
    if row is not None and row.status == escalations.CLAIMED and row.owner is not None:
        return _say(notice, "voice_taken", colleague=escalations.first_name(row.owner))
    return _say(notice, "voice_gone")


def _decline(session: Session, notice: Notice, responder: Responder, now: datetime) -> Answer:
    if _is_open(notice, now):
        _put_by(session, notice, responder, now, DECLINED)
    return _say(notice, "voice_declined")


def _put_by(session: Session, notice: Notice, responder: Responder, now: datetime, why: str) -> None:
    """This page comes to nothing: the ladder goes on at once where nobody else is being called."""
    ladder.settled(session, notice, why, now)
    notices.move(notice, notices.DELIVERED, now)
    detail = {} if why == DECLINED else {"why": why}
    audit.note(session, now, "decline_page", "escalation", notice.escalation_id, responder.id, **detail)


def _held(session: Session, notice_id: int) -> Notice:
    """The notice, locked. Raises :class:`Refused` where it is no call."""
    notice = session.scalar(
        select(Notice)
        .where(Notice.id == notice_id, Notice.means == means.VOICE)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if notice is None:
        raise Refused(404, "no_such_call")
    return notice


def _left(session: Session, notice: Notice, sid: str, now: datetime) -> None:
    """The call left, whatever its sender knows by now: the callback itself is the proof."""
    if notice.state == notices.QUEUED:
        notices.move(notice, notices.SENDING, now)
    if notices.move(notice, notices.SENT, now):
        notice.provider_id = sid
        ladder.settled(session, notice, "sent", now)


def _is_open(notice: Notice, now: datetime) -> bool:
    """Whether a key still means anything: until the call is over, and for a moment longer."""
    living = notice.state in {notices.SENDING, notices.SENT}
    return living or (notice.settled_at is not None and now - notice.settled_at <= KEY_AFTER_END)


def _asking(notice: Notice, lines: tuple[str, ...]) -> Answer:
    return Answer(lines, notice.language, asks=True, after=texts.say("voice_nothing", notice.language))


def _say(notice: Notice, key: str, conversation_id: int | None = None, **values: str) -> Answer:
    line = texts.say(key, notice.language, **values)
    return Answer((line,), notice.language, conversation_id=conversation_id)
