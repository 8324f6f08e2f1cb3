"""Sends what the database says should be sent: ``sending`` is written before the call, the outcome after it."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cryptography.fernet import InvalidToken

from gateway import conversations, delivery, escalations, optout
from gateway.conversations import RESPONDER
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.keys import Keys
from gateway.models import Contact, Conversation, Delivery
from gateway.risk import Level

log = logging.getLogger(__name__)


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
    def goes_again_at_once(self) -> bool:
        """An emergency whose first try may have been lost; a second confirmation of a STOP would break the law."""
        return self.priority == delivery.EMERGENCY and self.attempts == 1 and not self.confirms_stop


def send_next(database: Database, carrier: Carrier, keys: Keys, clock: Callable[[], datetime]) -> bool:
    """Send the most urgent text that waits; returns whether there was one."""
    with database.begin() as session:
        row = delivery.take_next(session, clock())
        parcel = _parcel(row, session.get_one(Conversation, row.conversation_id), keys) if row else None
    if row is None:
        return False
    if parcel is None:
        with database.begin() as session:
            delivery.fail(session, row.id, row.attempts, clock(), None)
        return True
    if _taken_over(database, parcel, clock):
        return True
    _send(database, carrier, parcel, clock)
    return True


def settle_stuck(database: Database, carrier: Carrier, keys: Keys, clock: Callable[[], datetime]) -> bool:
    """Settle one text whose process died while sending: ask Twilio whether it left, and send it again if not."""
    with database.begin() as session:
        row = delivery.take_stuck(session, clock())
        parcel = _parcel(row, session.get_one(Conversation, row.conversation_id), keys) if row else None
    if parcel is None:
        return False
    _settle(database, carrier, parcel, clock)
    return True


def _parcel(row: Delivery, conversation: Conversation, keys: Keys) -> Parcel | None:
    contact: Contact = conversation.contact
    try:
        to = keys.open(contact.address_sealed or b"")
    except InvalidToken:
        log.error("number cannot be opened, are the seal keys complete?", extra={"delivery": row.id})
        return None
    return Parcel(
        row.id,
        row.conversation_id,
        row.priority,
        row.attempts,
        to,
        row.message.text,
        row.message.created_at,
        row.confirms_stop,
    )


def _taken_over(database: Database, parcel: Parcel, clock: Callable[[], datetime]) -> bool:
    """Whether a responder claimed in the moment since; then the bot's words must not leave."""
    if parcel.priority < delivery.BOT:
        return False
    with database.begin() as session:
        conversation = session.get_one(Conversation, parcel.conversation_id)
        if conversation.handler != RESPONDER:
            return False
        delivery.withdraw(session, parcel.delivery_id, parcel.attempts, clock())
    return True


def _send(database: Database, carrier: Carrier, parcel: Parcel, clock: Callable[[], datetime]) -> None:
    try:
        provider_id = carrier.send(parcel.to, parcel.body)
    except SmsFailed as failure:
        log.warning(
            "text not taken",
            extra={"delivery": parcel.delivery_id, "error_code": failure.code, "attempt": parcel.attempts},
        )
        if failure.ambiguous:
            _settle(database, carrier, parcel, clock)
        else:
            _put_back(database, parcel, failure, clock)
        return
    with database.begin() as session:
        delivery.sent(session, parcel.delivery_id, provider_id, clock())


def _settle(database: Database, carrier: Carrier, parcel: Parcel, clock: Callable[[], datetime]) -> None:
    """The text may have left: ask Twilio before it goes again.

    An emergency goes again at once, and once only: twice is better than not at all, a flood is not.
    """
    with database.begin() as session:
        if not delivery.renew(session, parcel.delivery_id, parcel.attempts, clock()):
            return
    try:
        provider_id = None if parcel.goes_again_at_once else carrier.find(parcel.to, parcel.body, parcel.since)
    except SmsFailed:
        return  # Twilio cannot be asked now: it stays "sending", and the sweep asks again
    with database.begin() as session:
        if provider_id is not None and not delivery.known(session, provider_id):
            delivery.sent(session, parcel.delivery_id, provider_id, clock())
        else:
            wait = 0.0 if parcel.goes_again_at_once else _wait(parcel, None)
            delivery.retry(session, parcel.delivery_id, parcel.attempts, clock(), None, wait)


def _put_back(database: Database, parcel: Parcel, failure: SmsFailed, clock: Callable[[], datetime]) -> None:
    with database.begin() as session:
        if failure.retryable:
            wait = _wait(parcel, failure.after)
            delivery.retry(session, parcel.delivery_id, parcel.attempts, clock(), failure.code, wait)
            return
        news = delivery.fail(session, parcel.delivery_id, parcel.attempts, clock(), failure.code)
        if failure.code == delivery.OPTED_OUT:
            contact = session.get_one(Conversation, parcel.conversation_id).contact
            optout.stop(session, contact.channel, contact.address_hash, "twilio", clock())
    if news and failure.code != delivery.OPTED_OUT:
        tell_a_person(database, parcel.conversation_id, clock())


def tell_a_person(database: Database, conversation_id: int, now: datetime) -> None:
    """A text that will never arrive is a person's affair, also where nobody was asked before.

    In a transaction of its own: the conversation is locked before its escalation, and no delivery is held.
    """
    with database.begin() as session:
        conversation = conversations.lock(session, conversation_id)
        escalations.open_(session, conversation, "text_failed", Level.ROUTINE, now)


def _wait(parcel: Parcel, asked: float | None) -> float:
    return max(asked or 0.0, delivery.backoff(parcel.attempts, random.random()))  # noqa: S311 - spreads load
