"""What the bot missed of a conversation that it takes up again: how long it was away, and what it was not told.

The bot keeps nothing, so it cannot know that its question is three days old, or that the resident wrote their ZIP code
to the fallback menu while it was down.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, column, select, text
from sqlalchemy.orm import Session

from gateway.commands import DONE
from gateway.conversations import with_contact
from gateway.models import Conversation, Message

BOT, UNREAD, UNHEARD, SERVED = "bot", "language_menu", "menu", "menu_choice"
ASKED = "check_asked"  # what the check question was asked about, where its answer kept it from the bot
RECENT = timedelta(hours=12)  # what was told longer ago is asked anew
MOST, MOST_UNREAD = 3, 8
LONGEST = 1600  # characters; Twilio's own limit for one inbound text, and the bot's


@dataclass(frozen=True)
class Before:
    """What came before a message: when the bot last answered, and what it has not read since, newest first.

    ``unread`` got the language menu for its answer; ``unheard`` the fallback menu, which could not serve it, or the
    check question.
    """

    answered_at: datetime | None
    unread: tuple[str, ...] = field(repr=False)
    unheard: tuple[str, ...] = field(repr=False)


def before(session: Session, message: Message) -> Before:
    """What came before this message in its conversation."""
    asked = {"conversation_id": message.conversation_id, "id": message.id}
    rows = session.connection().execute(_BEFORE, asked).all()
    recent = message.created_at - RECENT
    return Before(
        rows[0].answered_at,
        tuple(row.text for row in rows if row.handled_by == UNREAD)[:MOST_UNREAD],
        tuple(row.text for row in rows if row.handled_by in {UNHEARD, ASKED} and row.created_at > recent)[:MOST],
    )


# The longest run that is looked through is a hundred messages without an answer of the bot.
_BEFORE = text(f"""
WITH heard AS (
    SELECT coalesce(max(id), 0) AS last, max(handled_at) FILTER (WHERE id < :id) AS answered_at
    FROM messages WHERE conversation_id = :conversation_id AND handled_by = '{BOT}')
SELECT heard.answered_at, m.handled_by, m.text, m.created_at
FROM heard LEFT JOIN messages m
    ON m.conversation_id = :conversation_id AND m.id > heard.last AND m.id < :id
    AND m.handled_by IN ('{UNREAD}', '{UNHEARD}', '{ASKED}')
ORDER BY m.id DESC LIMIT 100
""").columns(*map(column, ("answered_at", "handled_by", "text", "created_at")))  # noqa: S608 - our own words


def away_hours(earlier: Before, message: Message) -> int:
    """Whole hours from the bot's last answer in this conversation to this message; 0 when it never answered.

    A question that a responder's visit or an outage left behind is as old as one that the resident left alone.
    """
    answered = earlier.answered_at
    return max(0, (message.created_at - answered) // timedelta(hours=1)) if answered else 0


def state(session: Session, conversation: Conversation, now: datetime) -> dict[str, Any] | None:
    """What the bot knew of this conversation; of a new one, what it knew of the one that "thanks" ended a while ago.

    Who says thanks and goes on an hour later is not asked for whom and where again. After half a day they are.
    """
    if conversation.bot_state is not None:
        return conversation.bot_state
    asked = {"contact_id": conversation.contact_id, "conversation_id": conversation.id, "since": now - RECENT}
    return session.scalar(_ENDED_LATELY, asked)


_ENDED_LATELY = (
    select(Conversation.bot_state)
    .where(
        with_contact(bindparam("contact_id")),
        Conversation.id < bindparam("conversation_id"),
        Conversation.close_reason == DONE,
        Conversation.closed_at > bindparam("since"),
    )
    .order_by(Conversation.id.desc())
    .limit(1)
)


def with_unheard(earlier: Before, words: str) -> str:
    """A message with what was written before it and the bot did not read (``unheard``): a line each."""
    lines = [words]
    for told in earlier.unheard:
        if sum(map(len, lines)) + len(lines) + len(told) > LONGEST:
            break
        lines.insert(0, told)
    return "\n".join(lines)
