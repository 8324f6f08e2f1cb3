"""Has the bot work on a text while it is still being written down and leased: a third of what a turn takes.

What the worker will ask for is guessed from what the transaction knows anyway: as soon as the thread was seen, and once
more where it looks otherwise when it is locked and the language is heard. A wrong guess costs the bot one turn and
nobody an answer: the bot gives away only what was worked out for exactly the turn that the worker asks for.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from gateway import checking, keywords, language, menu, strangers
from gateway.community import Community
from gateway.conversations import BOT, SMS, Inbound
from gateway.directory import asking, choices

log = logging.getLogger(__name__)

SOON = timedelta(hours=1)  # whoever comes back later is asked with the hours they were away, which are not known here
# Where one of these is open, the bot has not read all that came before, or will not read this.
UNHEARD = frozenset((menu.OPEN, menu.MISSED, "language", strangers.INTERPRETER, checking.MENU))


@dataclass(frozen=True)
class Turn:
    """What the bot is told: it keeps nothing itself, so ``state`` carries all it knew.

    ``away_hours`` are whole hours since it last answered this conversation; ``named`` and ``hinted`` the needs that
    the directory's words find in the text (:func:`gateway.directory.asking.named_needs`): for where the bot hears none.
    """

    turn_id: str
    conversation: str
    channel: str
    language: str
    text: str = field(repr=False)
    state: dict[str, Any] | None = field(repr=False)
    community: dict[str, str]
    away_hours: int = 0
    named: list[str] = field(default_factory=list)
    hinted: list[str] = field(default_factory=list)


Asks = Callable[[Turn], None]


class Thread(Protocol):
    """What a guess is made of: the open conversation of whoever writes, or some of its columns."""

    @property
    def public_id(self) -> UUID: ...
    @property
    def handler(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def bot_state(self) -> dict[str, Any] | None: ...
    @property
    def menu_open(self) -> str | None: ...
    @property
    def last_search(self) -> dict[str, Any] | None: ...
    @property
    def last_inbound_at(self) -> datetime | None: ...
    @property
    def pending_since(self) -> datetime | None: ...


class Guess:
    """Asks ahead for the turn that one text will be, if it will be one."""

    def __init__(self, asks: Asks, community: Community) -> None:
        self._asks, self._community = asks, community
        self._asked: Turn | None = None

    def ask(self, thread: Thread, inbound: Inbound, now: datetime) -> None:
        """Ask, unless that was asked before. Never raises: it is worth no text.

        To be called before the message is written and ``last_inbound_at`` is moved.
        """
        try:
            turn = guessed(thread, inbound, self._community, now)
            if turn is not None and turn != self._asked:
                self._asked = turn
                self._asks(turn)
        except Exception:
            log.exception("not asked ahead", extra={"conversation": str(thread.public_id)})


def guessed(thread: Thread, inbound: Inbound, community: Community, now: datetime) -> Turn | None:
    """The turn that the worker will ask for (:func:`gateway.turns.take_next`), as far as that can be told."""
    if not inbound.text.strip() or inbound.received_at is not None:
        return None
    if not _bots(thread, now) or _for_others(thread, inbound):
        return None
    spoken = thread.language or "en"
    return Turn(
        turn_id="ahead",
        conversation=str(thread.public_id),
        channel=inbound.channel,
        language=spoken,
        text=inbound.text,
        state=thread.bot_state,
        community={"name": community.name},
        **asking.named_needs(inbound.text, spoken, asking.tags_of(community))._asdict(),
    )


def _bots(thread: Thread, now: datetime) -> bool:
    """Whether the bot reads here, and nothing that it has not read stands before this text."""
    if thread.handler != BOT or thread.pending_since is not None or thread.language is None:
        return False
    if thread.menu_open in UNHEARD:
        return False
    return thread.last_inbound_at is None or now - thread.last_inbound_at < SOON


def _for_others(thread: Thread, inbound: Inbound) -> bool:
    """Whether the text is a word to the carrier, about the language, or about the list that was told last."""
    text = inbound.text
    if language.command(text) is not None or (inbound.channel == SMS and keywords.read(text) is not None):
        return True
    return bool(thread.last_search) and choices.read(text) is not None
