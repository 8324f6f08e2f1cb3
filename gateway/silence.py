"""Watches for residents who fall silent after danger showed, or after they were asked whether they are safe."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from gateway import delivery, escalations, owner_phones, paging, texts
from gateway.checking import MENU, PATIENCE, kept_for_bot
from gateway.commands import nobody_on_shift
from gateway.community import Community
from gateway.conversations import BOT, lock, say
from gateway.models import Assessment, Conversation, Escalation
from gateway.risk import Level

SILENT_AFTER = timedelta(minutes=10)
AT_ONCE = 50
DANGER = [level.value for level in Level if level >= Level.URGENT]


def watch(session: Session, community: Community, now: datetime) -> list[int]:
    """Act on every silence that is due by ``now``, each of them once; returns the conversations that changed.

    No answer to the check question for three minutes counts as "no": an urgent escalation. Ten minutes without a word
    in an open escalation of level urgent or more are shown to its owner, by text where they work by phone, or in the
    queue. Several may watch at once.
    """
    return [*_check_unanswered(session, community, now), *_silent(session, now)]


def _check_unanswered(session: Session, community: Community, now: datetime) -> list[int]:
    late = Conversation.menu_open == MENU, Conversation.check_asked_at <= now - PATIENCE
    done = []
    for conversation_id in _free(session, *late):
        conversation = lock(session, conversation_id)
        if conversation.menu_open == MENU:
            _count_as_no(session, conversation, community, now)
            done.append(conversation_id)
    return done


def _count_as_no(session: Session, conversation: Conversation, community: Community, now: datetime) -> None:
    conversation.menu_open = None
    about = kept_for_bot(session, conversation.id)
    row = escalations.open_(session, conversation, "check_unanswered", Level.URGENT, now, about.id if about else None)
    escalations.fell_silent(session, row, conversation.last_inbound_at or now, now)
    if conversation.handler == BOT:
        said = texts.safety((), Level.URGENT.value, conversation.language, community)
        for text in [*said, *nobody_on_shift(session, conversation, now)]:
            say(session, conversation, text, "system", now, priority=delivery.EMERGENCY)


def _silent(session: Session, now: datetime) -> list[int]:
    danger_since_shown = exists().where(
        Assessment.conversation_id == Escalation.conversation_id,
        Assessment.level.in_(DANGER),
        Assessment.created_at > Escalation.silent_since,
    )
    due = exists().where(
        Escalation.conversation_id == Conversation.id,
        Escalation.status != escalations.RESOLVED,
        Escalation.level.in_(DANGER),
        or_(Escalation.silent_since.is_(None), danger_since_shown),
    )
    found = _free(session, Conversation.last_inbound_at <= now - SILENT_AFTER, due)
    return [conversation_id for conversation_id in found if _show(session, conversation_id, now)]


def _show(session: Session, conversation_id: int, now: datetime) -> bool:
    """Mark one silence, if what was true before the lock still is."""
    conversation = lock(session, conversation_id)
    row = escalations.of_conversation(session, conversation_id)
    last = conversation.last_inbound_at
    if row is None or last is None or row.silent_since == last or Level(row.level) < Level.URGENT:
        return False
    escalations.fell_silent(session, row, last, now)
    if row.status == escalations.WAITING:
        paging.page(session, row, now)
    else:
        owner_phones.tell(session, row, "relay_silent", now)
    return True


def _free(session: Session, *due: ColumnElement[bool]) -> list[int]:
    """Conversations for which ``due`` holds, locked; who holds one right now is about to change it, so it can wait."""
    return list(
        session.scalars(
            select(Conversation.id)
            .where(Conversation.closed_at.is_(None), *due)
            .order_by(Conversation.id)
            .limit(AT_ONCE)
            .with_for_update(key_share=True, skip_locked=True, of=Conversation)
        )
    )
