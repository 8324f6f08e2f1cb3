"""Conversations that nobody goes on with end by themselves, and quietly: no nudge, no question, no text.

A text that nobody answered is not consent to another one; the resident's next message opens a new conversation.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from gateway import conversations
from gateway.escalations import RESOLVED
from gateway.models import Conversation, Escalation, Message

LAPSES_AFTER = timedelta(days=14)  # twice what the bot keeps a half-done screening for
AT_ONCE = 100
REASON = "silence"


def lapse(session: Session, now: datetime) -> int:
    """Close what neither side has written in for two weeks; returns how many were closed.

    Left open is whatever a person holds or was asked for, and whatever still waits for an answer.
    """
    since = now - LAPSES_AFTER
    written = exists().where(Message.conversation_id == Conversation.id, Message.created_at > since)
    wanted = exists().where(Escalation.conversation_id == Conversation.id, Escalation.status != RESOLVED)
    idle = session.scalars(
        select(Conversation)
        .where(
            Conversation.closed_at.is_(None),
            Conversation.handler == conversations.BOT,
            Conversation.pending_since.is_(None),
            func.coalesce(Conversation.last_inbound_at, Conversation.opened_at) <= since,
            ~written,
            ~wanted,
        )
        .order_by(Conversation.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True, of=Conversation)
    ).all()
    for conversation in idle:
        conversations.close(session, conversation, REASON, now)
    return len(idle)
