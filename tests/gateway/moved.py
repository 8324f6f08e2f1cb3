"""One person at a web page and at a phone: what they write on either, and the code that joins the two."""

import itertools
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import moving
from gateway.community import Community
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Conversation, Message, Notice, Responder
from gateway.receiving import Receipt, receive
from gateway.web.chat import said_after

PHONE = "+14155550134"
VISITOR = "a-visitor"
IDS = itertools.count(1)


class Person:
    """Writes on the page and by text, at the time of a clock."""

    def __init__(
        self, database: Database, keys: Keys, town: Community, clock: Callable[[], Any], visitor: str = VISITOR
    ) -> None:
        self.database, self.keys, self.town, self.clock, self.visitor = database, keys, town, clock, visitor

    def write(self, words: str) -> Receipt:
        """On the page."""
        return self._take(Inbound(WEBCHAT, self.visitor, f"web:{next(IDS)}", words))

    def text(self, words: str, number: str = PHONE) -> Receipt:
        """By text."""
        return self._take(Inbound(SMS, number, f"SM{next(IDS):032x}", words))

    def ask(self, number: str = PHONE, language: str = "en") -> str | None:
        """Ask for a code; the one that is on its way to the number, if one is."""
        now = self.clock()
        wish = moving.Wish(self.visitor, number, language, "yes to texts")
        with self.database.begin() as session:
            moving.begin(session, self.keys, self.town, wish, now)
        with self.database.begin() as session:
            newest = session.scalar(select(Notice).order_by(Notice.id.desc()).limit(1))
            fresh = newest is not None and newest.created_at == now and newest.state == "queued"
            found = re.search(r"\d{6}", newest.text) if newest is not None and fresh else None
        return found[0] if found else None

    def confirm(self, code: str | None) -> str:
        """Give a code back; what came of it."""
        with self.database.begin() as session:
            return moving.confirm(session, self.keys, self.town, self.visitor, code or "", self.clock())[0]

    def move(self, number: str = PHONE) -> None:
        """Both, as it should go."""
        assert self.confirm(self.ask(number)) == moving.MOVED

    def reads(self) -> list[str]:
        """All that the page shows."""
        return [event.body["text"] for event in said_after(self.database, self.keys.hash(self.visitor), 0, self.town)]  # type: ignore[index]

    def _take(self, inbound: Inbound) -> Receipt:
        with self.database.begin() as session:
            return receive(session, self.keys, self.town, inbound, self.clock())


def threads(database: Database) -> list[tuple[str, bool, bool, int]]:
    """Of each conversation its channel, whether it has two ways and is open, and how much was written to us in it."""
    with database.begin() as session:
        return [
            (
                each.channel,
                each.other_contact_id is not None,
                each.closed_at is None,
                len(
                    session.scalars(
                        select(Message.id).where(Message.conversation_id == each.id, Message.direction == "in")
                    ).all()
                ),
            )
            for each in session.scalars(select(Conversation).order_by(Conversation.id))
        ]


def responder(session: Session, name: str, at: datetime) -> Responder:
    """Somebody who answers."""
    made = Responder(
        email=f"{name.lower()}@town.example", name=name, role="responder", password_hash="-", languages=["en"],
        active=True, created_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made
