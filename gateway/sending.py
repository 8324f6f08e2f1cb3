"""Sends what the database says should be sent: ``sending`` is written before the call, the outcome after it."""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from cryptography.fernet import InvalidToken
from sqlalchemy import column, text
from sqlalchemy.orm import Session

from gateway import conversations, delivery, lost_texts
from gateway.conversations import RESPONDER
from gateway.db import Database
from gateway.delivery import Quiet, Taken
from gateway.errors import SmsFailed
from gateway.keys import Keys
from gateway.models import Conversation, Delivery

log = logging.getLogger(__name__)

MOST_BLIND = 3  # tries of an emergency that may follow a lost answer without a word from Twilio
Clock = Callable[[], datetime]


class Carrier(Protocol):
    """What takes texts away; :class:`gateway.clients.twilio.Twilio` is one."""

    def send(self, to: str, body: str) -> str:
        """Hand over one text and return its id. Raises :class:`gateway.errors.SmsFailed`."""

    def find(self, to: str, body: str, since: datetime) -> str | None:
        """The id of a text that was handed over since then, if it was."""


@dataclass(frozen=True)
class Parcel:
    """One text on its way, read out of the database so that nothing stays locked during the call."""

    delivery_id: int
    conversation_id: int
    priority: int
    attempts: int
    to: str = field(repr=False)
    body: str = field(repr=False)
    since: datetime
    confirms_stop: bool

    @property
    def is_urgent(self) -> bool:
        """Rather twice than never. A second confirmation of a STOP, which is urgent too, would break the law."""
        return self.priority == delivery.EMERGENCY and not self.confirms_stop

    @property
    def goes_again_at_once(self) -> bool:
        """An emergency whose first try may have been lost."""
        return self.is_urgent and self.attempts == 1


def send_next(
    database: Database, carrier: Carrier, keys: Keys, clock: Clock | None = None, *, quiet: Quiet | None = None
) -> bool:
    """Send the most urgent text that waits; returns whether there was one.

    Hosts need not agree on the time: the database's clock decides, unless a ``clock`` is given. ``quiet`` says of a
    time whether the town sleeps, and follow-ups with it.
    """
    with database.begin() as session:
        taken = _take(session, _at(clock), quiet)
    if taken is None:
        return False
    _deal(database, carrier, keys, taken, clock)
    return True


def send_all(  # noqa: PLR0913 - what is sent by whom, from when on and how long
    database: Database,
    carrier: Carrier,
    keys: Keys,
    clock: Clock | None = None,
    go_on: Callable[[], bool] = lambda: True,
    quiet: Quiet | None = None,
    first: Taken | None = None,
    *,
    fresh: bool = False,
) -> bool:
    """Send text after text until none waits, and before them one that was taken already; returns whether there was one.

    What became of one text is written and the next one taken in the same transaction: a commit costs as much as either.
    Of a first one that is ``fresh``, written at this very moment, it is not asked whether a responder claimed since.
    """
    if first is not None:
        taken: Taken | None = first
    else:
        with database.begin() as session:
            taken = _take(session, _at(clock), quiet)
    had_one = taken is not None
    while taken is not None:
        following = partial(_take, quiet=quiet) if go_on() else None
        taken = _deal(database, carrier, keys, taken, clock, following, fresh=fresh)
        fresh = False
    return had_one


def settle_stuck(database: Database, carrier: Carrier, keys: Keys, clock: Clock | None = None) -> bool:
    """Settle one text whose process died while sending: ask Twilio whether it left, and send it again if not."""
    with database.begin() as session:
        row = delivery.take_stuck(session, _now(session, clock))
        taken = _stuck(row, session.get_one(Conversation, row.conversation_id)) if row else None
    if taken is None:
        return False
    parcel = _parcel(taken, keys)
    if parcel is None:
        _unsealable(database, taken, clock)
    else:
        _settle(database, carrier, parcel, clock)
    return True


def match_early(database: Database, clock: Clock | None = None) -> None:
    """Bring receipts and the texts they belong to together, and ask a person where one tells of a failure."""
    with database.begin() as session:
        waiting = delivery.early(session)
    for provider_id, conversation_id, code in waiting:
        with database.begin() as session:
            conversation = _lock(session, conversation_id, code)
            at = _now(session, clock)
            failed = delivery.match_early(session, provider_id, at)
            if failed is not None:
                lost_texts.lost(session, conversation, failed, at)


def _now(session: Session, clock: Clock | None) -> datetime:
    return clock() if clock else delivery.clock(session)


def _stuck(row: Delivery, conversation: Conversation) -> Taken:
    message = row.message
    return Taken(
        row.id, row.conversation_id, row.priority, row.attempts, row.confirms_stop, message.text, message.created_at,
        conversations.phone_contact(conversation).address_sealed,
    )  # fmt: skip


def _parcel(taken: Taken, keys: Keys) -> Parcel | None:
    try:
        to = keys.open(taken.address_sealed or b"")
    except InvalidToken:
        log.error("number cannot be opened, are the seal keys complete?", extra={"delivery": taken.id})
        return None
    return Parcel(
        taken.id,
        taken.conversation_id,
        taken.priority,
        taken.attempts,
        to,
        taken.text,
        taken.written_at,
        taken.confirms_stop,
    )


def _at(clock: Clock | None) -> datetime | None:
    """What time it is; without a clock the statement that needs it asks the database's, which costs no question."""
    return clock() if clock else None


def _take(session: Session, at: datetime | None, quiet: Quiet | None) -> Taken | None:
    return delivery.take_next(session, at, quiet=quiet) if quiet else delivery.take_next(session, at)


def _deal(  # noqa: PLR0913 - what is sent by whom, and what comes after it
    database: Database,
    carrier: Carrier,
    keys: Keys,
    taken: Taken,
    clock: Clock | None,
    following: Callable[[Session, datetime | None], Taken | None] | None = None,
    *,
    fresh: bool = False,
) -> Taken | None:
    """Send one text and write what came of it; if told to go on, take the ``following`` one and return it."""
    provider_id, parcel = None, _parcel(taken, keys)
    if parcel is None:
        _unsealable(database, taken, clock)
    elif fresh or not _taken_over(database, parcel, clock):
        provider_id = _send(database, carrier, parcel, clock)
    if provider_id is None and following is None:
        return None
    with database.begin() as session:
        at = _at(clock)
        if provider_id is not None:
            delivery.sent(session, taken.id, taken.attempts, provider_id, at)
        return following(session, at) if following is not None else None


def _unsealable(database: Database, taken: Taken, clock: Clock | None) -> None:
    with _outcome(database, taken.conversation_id, taken.id, clock) as outcome:
        outcome.lost = delivery.fail(outcome.session, taken.id, taken.attempts, outcome.at, None)


_HANDLER = text("SELECT handler FROM conversations WHERE id = :id").columns(column("handler"))


def _taken_over(database: Database, parcel: Parcel, clock: Clock | None) -> bool:
    """Whether a responder claimed in the moment since; then the bot's words must not leave."""
    if parcel.priority < delivery.BOT:
        return False
    with database.asking() as connection:
        if connection.scalar(_HANDLER, {"id": parcel.conversation_id}) != RESPONDER:
            return False
    with database.begin() as session:
        delivery.withdraw(session, parcel.delivery_id, parcel.attempts, _now(session, clock))
    return True


def _send(database: Database, carrier: Carrier, parcel: Parcel, clock: Clock | None) -> str | None:
    """Twilio's id for the text, still to be written down; without one, what came of the try is written."""
    try:
        return carrier.send(parcel.to, parcel.body)
    except SmsFailed as failure:
        log.warning(
            "text not taken",
            extra={"delivery": parcel.delivery_id, "error_code": failure.code, "attempt": parcel.attempts},
        )
        if failure.ambiguous:
            _settle(database, carrier, parcel, clock)
        else:
            _put_back(database, parcel, failure, clock)
        return None


def _settle(database: Database, carrier: Carrier, parcel: Parcel, clock: Clock | None) -> None:
    """The text may have left: ask Twilio before it goes again.

    An emergency goes again at once, and once only: twice is better than not at all, a flood is not. While Twilio
    cannot be asked it goes twice more, after a while.
    """
    with database.begin() as session:
        if not delivery.renew(session, parcel.delivery_id, parcel.attempts, _now(session, clock)):
            return
    wait = 0.0 if parcel.goes_again_at_once else delivery.backoff_in_doubt(parcel.attempts, _spread())
    try:
        provider_id = None if parcel.goes_again_at_once else carrier.find(parcel.to, parcel.body, parcel.since)
    except SmsFailed as failure:
        log.warning("not known whether a text left", extra={"delivery": parcel.delivery_id, "error_code": failure.code})
        if not parcel.is_urgent or parcel.attempts > MOST_BLIND:
            _keep_asking(database, parcel, clock)
            return
        provider_id = None
    if provider_id is None or not _left(database, parcel, provider_id, clock):
        _again(database, parcel, None, wait, clock)


def _left(database: Database, parcel: Parcel, provider_id: str, clock: Clock | None) -> bool:
    """Whether what Twilio found is this very text, and not an equal one to the same number; if so it is sent."""
    with database.begin() as session:
        if delivery.known(session, provider_id):
            return False
        delivery.sent(session, parcel.delivery_id, parcel.attempts, provider_id, _now(session, clock))
        return True


def _keep_asking(database: Database, parcel: Parcel, clock: Clock | None) -> None:
    """It stays "sending", and the sweep asks again, until the text is too old to be of use."""
    with _outcome(database, parcel.conversation_id, parcel.delivery_id, clock) as outcome:
        outcome.lost = delivery.give_up(outcome.session, parcel.delivery_id, parcel.attempts, outcome.at)


def _again(database: Database, parcel: Parcel, code: int | None, wait: float, clock: Clock | None) -> None:
    with _outcome(database, parcel.conversation_id, parcel.delivery_id, clock) as outcome:
        outcome.lost = delivery.retry(outcome.session, parcel.delivery_id, parcel.attempts, outcome.at, code, wait)


def _put_back(database: Database, parcel: Parcel, failure: SmsFailed, clock: Clock | None) -> None:
    if failure.retryable:
        wait = max(failure.after or 0.0, delivery.backoff(parcel.attempts, _spread()))
        _again(database, parcel, failure.code, wait, clock)
        return
    with _outcome(database, parcel.conversation_id, parcel.delivery_id, clock, failure.code) as outcome:
        outcome.lost = delivery.fail(outcome.session, parcel.delivery_id, parcel.attempts, outcome.at, failure.code)
        if failure.code == delivery.OPTED_OUT and not outcome.lost:
            lost_texts.refused(outcome.session, outcome.conversation, outcome.at)


@dataclass
class _Outcome:
    """A transaction that writes what came of a try; ``lost`` is set when the text will never arrive."""

    session: Session
    conversation: Conversation
    at: datetime
    lost: bool = False


@contextmanager
def _outcome(
    database: Database, conversation_id: int, delivery_id: int, clock: Clock | None, code: int | None = None
) -> Iterator[_Outcome]:
    """The conversation is locked before the text, because a lost one opens an escalation in the same transaction."""
    with database.begin() as session:
        outcome = _Outcome(session, _lock(session, conversation_id, code), _now(session, clock))
        yield outcome
        if outcome.lost:
            lost_texts.lost(session, outcome.conversation, delivery_id, outcome.at)


def _lock(session: Session, conversation_id: int, code: int | None) -> Conversation:
    """An opt-out is the contact's, which is locked before the conversation."""
    lock = conversations.lock_both if code == delivery.OPTED_OUT else conversations.lock
    return lock(session, conversation_id)


def _spread() -> float:
    return random.random()  # noqa: S311 - spreads load
