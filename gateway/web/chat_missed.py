"""Finds for all open chats at once whom something was said to that no ring told of."""

from sqlalchemy import func, select

from gateway.conversations import WEBCHAT, with_contact
from gateway.db import Database
from gateway.models import Contact, Conversation, Message

OVERLAP = 200  # numbers are given before they are committed: one that is lower may be there later


class Missed:
    """Who was said something since the last call. Called by one thread only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: set[int] | None = None
        self._newest = 0

    def __call__(self) -> set[str]:
        """The keyed hashes of their visitors. Raises ``sqlalchemy.exc.SQLAlchemyError``."""
        with self._database.begin() as session:
            newest = session.scalar(select(func.max(Message.id))) or 0  # before the rest: what comes meanwhile is later
            if self._seen is None:
                self._newest = newest
            found = session.execute(
                select(Message.id, Contact.address_hash)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .join(Contact, with_contact(Contact.id))
                .where(Message.id > self._newest - OVERLAP, Contact.channel == WEBCHAT)
            ).all()
        fresh = {visitor for number, visitor in found if self._seen is None or number not in self._seen}
        self._seen = {number for number, _ in found}
        self._newest = max([newest, *self._seen])
        return fresh
