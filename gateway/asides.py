"""What the bot missed of a conversation that it takes up again: how long it was away, and what it was not told.

The bot keeps nothing, so it cannot know that its question is three days old, or that the resident wrote their ZIP code
to the fallback menu while it was down.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.commands import DONE
from gateway.models import Conversation, Message

BOT, UNHEARD, SERVED = "bot", "menu", "menu_choice"
RECENT = timedelta(hours=12)  # what was told longer ago is asked anew
MOST = 3
LONGEST = 1600  # characters; Twilio's own limit for one inbound text, and the bot's


def away_hours(session: Session, message: Message) -> int:
    """Whole hours from the bot's last answer in this conversation to this message; 0 when it never answered.

    A question that a responder's visit or an outage left behind is as old as one that the resident left alone.
    """
    answered = session.scalar(
        select(func.max(Message.handled_at)).where(
            Message.conversation_id == message.conversation_id, Message.handled_by == BOT, Message.id < message.id
        )
    )
    return max(0, (message.created_at - answered) // timedelta(hours=1)) if answered else 0


def state(session: Session, conversation: Conversation, now: datetime) -> dict[str, Any] | None:
    """What the bot knew of this conversation; of a new one, what it knew of the one that "thanks" ended a while ago.

    Who says thanks and goes on an hour later is not asked for whom and where again. After half a day they are.
    """
    if conversation.bot_state is not None:
        return conversation.bot_state
    return session.scalar(
        select(Conversation.bot_state)
        .where(
            Conversation.contact_id == conversation.contact_id,
            Conversation.id < conversation.id,
            Conversation.close_reason == DONE,
            Conversation.closed_at > now - RECENT,
        )
        .order_by(Conversation.id.desc())
        .limit(1)
    )


def with_unheard(session: Session, message: Message, words: str) -> str:
    """A message with what was written before it to the fallback menu, which could not serve it: a line each."""
    heard = select(func.coalesce(func.max(Message.id), 0)).where(
        Message.conversation_id == message.conversation_id, Message.handled_by == BOT
    )
    earlier = session.scalars(
        select(Message.text)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.direction == "in",
            Message.handled_by == UNHEARD,
            Message.id < message.id,
            Message.id > heard.scalar_subquery(),
            Message.created_at > message.created_at - RECENT,
        )
        .order_by(Message.id.desc())
        .limit(MOST)
    ).all()
    lines = [words]
    for text in earlier:
        if sum(map(len, lines)) + len(lines) + len(text) > LONGEST:
            break
        lines.insert(0, text)
    return "\n".join(lines)
