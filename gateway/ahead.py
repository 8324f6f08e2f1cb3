"""Has the bot work on a text while it is still being written down and leased: a third of what a turn takes.

What the worker will ask for is guessed from what the transaction knows anyway. A wrong guess costs the bot one turn and
nobody an answer: the bot gives away only what was worked out for exactly the turn that the worker asks for.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway import checking, keywords, language, menu, strangers
from gateway.conversations import BOT, SMS, Inbound
from gateway.directory import choices
from gateway.models import Conversation

log = logging.getLogger(__name__)

SOON = timedelta(hours=1)  # whoever comes back later is asked with the hours they were away, which are not known here
# Where one of these is open, the bot has not read all that came before, or will not read this.
UNHEARD = frozenset((menu.OPEN, menu.MISSED, "language", strangers.INTERPRETER, checking.MENU))


@dataclass(frozen=True)
class Turn:
    """What the bot is told: it keeps nothing itself, so ``state`` carries all it knew.

    ``away_hours`` are whole hours since it last answered this conversation.
    """

    turn_id: str
    conversation: str
    channel: str
    language: str
    text: str = field(repr=False)
    state: dict[str, Any] | None = field(repr=False)
    community: dict[str, str]
    away_hours: int = 0


Asks = Callable[[Turn], None]


def ask(asks: Asks, conversation: Conversation, inbound: Inbound, name: str, now: datetime) -> None:
    """Ask ahead for the turn that this text will be, if it will be one. ``name`` is the community's.

    To be called before the message is written and ``last_inbound_at`` is moved. Never raises: it is worth no text.
    """
    try:
        if (turn := guessed(conversation, inbound, name, now)) is not None:
            asks(turn)
    except Exception:
        log.exception("not asked ahead", extra={"conversation": conversation.id})


def guessed(conversation: Conversation, inbound: Inbound, name: str, now: datetime) -> Turn | None:
    """The turn that the worker will ask for (:func:`gateway.turns.take_next`), as far as that can be told."""
    if not inbound.text.strip() or inbound.received_at is not None:
        return None
    if not _bots(conversation, now) or _for_others(conversation, inbound):
        return None
    return Turn(
        turn_id="ahead",
        conversation=str(conversation.public_id),
        channel=conversation.channel,
        language=conversation.language or "en",
        text=inbound.text,
        state=conversation.bot_state,
        community={"name": name},
    )


def _bots(conversation: Conversation, now: datetime) -> bool:
    """Whether the bot reads here, and nothing that it has not read stands before this text."""
    if conversation.handler != BOT or conversation.pending_since is not None or conversation.language is None:
        return False
    if conversation.menu_open in UNHEARD:
        return False
    return conversation.last_inbound_at is None or now - conversation.last_inbound_at < SOON


def _for_others(conversation: Conversation, inbound: Inbound) -> bool:
    """Whether the text is a word to the carrier, about the language, or about the list that was told last."""
    text = inbound.text
    if language.command(text) is not None or (inbound.channel == SMS and keywords.read(text) is not None):
        return True
    return bool(conversation.last_search) and choices.read(text) is not None
