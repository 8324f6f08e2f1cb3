"""Which thread a responder's plain text belongs to, the words that wait until that is certain, and what residents write
while their thread's owner works by text. No words may ever reach another thread than the meant one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import escalations, notices, texts
from gateway.community import Community
from gateway.conversations import RESPONDER
from gateway.escalations import BY_SMS, CLAIMED
from gateway.invisible import FLIPS
from gateway.keys import Keys
from gateway.models import Assessment, Conversation, Escalation, Message, Notice, RelayLine, RelayText, Responder
from gateway.risk import Level

KEPT_FOR = timedelta(minutes=10)
LATELY = timedelta(minutes=10)  # how long an answer to words of another thread may still be meant for that one
CAUGHT_UP, CATCH_UP_SINCE = 3, timedelta(hours=24)
LONGEST = 1_500  # of 1,600 that Twilio takes in one Body (21617), with the number in front
ANSWER = "answer"
DANGER = [level.value for level in Level if level >= Level.URGENT]


def owned(session: Session, responder_id: int) -> list[Escalation]:
    """The threads that a responder owns, as they are now; drills are no resident's."""
    wanted = select(Escalation).where(
        Escalation.owner_id == responder_id, Escalation.status == CLAIMED, Escalation.drill.is_(False)
    )
    return list(session.scalars(wanted.order_by(Escalation.id).execution_options(populate_existing=True)))


def name(session: Session, responder_id: int, escalation_id: int, now: datetime) -> None:
    """From now on this responder's plain text is meant for this thread: they named it, or claimed it by text."""
    values = {"escalation_id": escalation_id, "since": now}
    session.execute(
        insert(RelayLine)
        .values(responder_id=responder_id, **values)
        .on_conflict_do_update(index_elements=[RelayLine.responder_id], set_=values)
    )


def leave(session: Session, responder_id: int, escalation_id: int) -> None:
    """This responder's plain text is meant for this thread no longer."""
    session.execute(
        delete(RelayLine).where(RelayLine.responder_id == responder_id, RelayLine.escalation_id == escalation_id)
    )


def certain(session: Session, responder_id: int, mine: Sequence[Escalation], now: datetime) -> Escalation | None:
    """The one thread that unnamed words can be meant for; None where it is to be asked.

    That is the thread named last, or the only one, and only while no other thread's words came to this phone since it
    was named (without a name: lately): a reply may be to those.
    """
    line = session.get(RelayLine, responder_id, populate_existing=True)
    if line is None and len(mine) != 1:
        return None
    meant = mine[0] if line is None else next((each for each in mine if each.id == line.escalation_id), None)
    if meant is None:
        return None
    since = line.since if line is not None else now - LATELY
    others = select(Notice.id).where(
        Notice.responder_id == responder_id, Notice.kind == notices.RELAY, Notice.escalation_id != meant.id,
        Notice.created_at >= since,
    )  # fmt: skip
    return None if session.scalar(others.limit(1)) is not None else meant


def take_kept(session: Session, keys: Keys, responder_id: int, escalation_id: int, now: datetime) -> list[str]:
    """The words that waited for this number, oldest first, taken out; what was meant for another thread stays."""
    wanted = (
        select(RelayText)
        .where(
            RelayText.responder_id == responder_id,
            RelayText.kept.is_not(None),
            RelayText.at > now - KEPT_FOR,
            func.coalesce(RelayText.escalation_id, escalation_id) == escalation_id,
        )
        .order_by(RelayText.id)
        .with_for_update()
    )
    found = []
    for row in session.scalars(wanted):
        if row.kept is not None:
            found.append(keys.open(row.kept))
            row.kept = None
    return found


def catch_up(session: Session, row: Escalation, to: Responder, now: datetime) -> None:
    """Bring the last words of a thread to the phone of who works it from now on, oldest first."""
    last = (
        select(Message)
        .where(
            Message.conversation_id == row.conversation_id, Message.direction == "in",
            Message.created_at > now - CATCH_UP_SINCE,
        )
        .order_by(Message.id.desc())
        .limit(CAUGHT_UP)
    )  # fmt: skip
    for message in session.scalars(last).all()[::-1]:
        _bring(session, row, message, to, now)


def is_wanted(session: Session, conversation_id: int) -> bool:
    """Whether a person has this conversation: only then can what the resident writes go to a phone."""
    conversation = session.get(Conversation, conversation_id)
    return conversation is not None and conversation.handler == RESPONDER


def pass_on(session: Session, conversation_id: int, message_id: int, now: datetime) -> bool:
    """Bring what a resident wrote to their thread's owner, if that person works by text; the numbers stay hidden."""
    row = escalations.of_conversation(session, conversation_id)
    if row is None or row.owner is None or row.status != CLAIMED or row.owner_means != BY_SMS:
        return False
    _bring(session, row, session.get_one(Message, message_id), row.owner, now)
    return True


def watch(session: Session, _community: Community, now: datetime) -> Iterable[int]:
    """Tell who worked a thread by text that it is theirs no longer, and what became of words that waited in vain."""
    ended = (
        select(RelayLine, Escalation.code, Responder)
        .join(Escalation, Escalation.id == RelayLine.escalation_id)
        .join(Responder, Responder.id == RelayLine.responder_id)
        .where((Escalation.status != CLAIMED) | (Escalation.owner_id != RelayLine.responder_id))
        .with_for_update(of=RelayLine, skip_locked=True)
    )
    for line, code, to in session.execute(ended).all():
        session.delete(line)
        _tell(session, to, "relay_ended", now, code=code)
    stale = (RelayText.kept.is_not(None), RelayText.at <= now - KEPT_FOR)
    dropped = set(session.scalars(update(RelayText).where(*stale).values(kept=None).returning(RelayText.responder_id)))
    for responder_id in sorted(dropped):
        _tell(session, session.get_one(Responder, responder_id), "relay_expired", now)
    return ()


def _bring(session: Session, row: Escalation, message: Message, to: Responder, now: datetime) -> None:
    level = session.scalar(select(Assessment.level).where(Assessment.message_id == message.id))
    danger = level in DANGER
    marked = f"{row.code} {texts.say('relay_may_be_danger', to.locale)}" if danger else str(row.code)
    words = FLIPS.sub("", message.text)
    if message.media:
        words = " ".join(filter(None, (words, texts.say("relay_picture", to.locale))))
    for start in range(0, max(len(words), 1), LONGEST):
        text = f"{marked}: {words[start : start + LONGEST]}"
        notices.queue(
            session, kind=notices.RELAY, means="sms", text=text, language=to.locale, now=now, responder_id=to.id,
            escalation_id=row.id, message_id=message.id, priority=0 if danger else 1,
        )  # fmt: skip


def _tell(session: Session, to: Responder, key: str, now: datetime, **values: object) -> None:
    notices.queue(
        session, kind=ANSWER, means="sms", text=texts.say(key, to.locale, **values), language=to.locale, now=now,
        responder_id=to.id,
    )  # fmt: skip
