"""One resident who texts, and a worker that answers with a bot of the test's own."""

from typing import Any

from sqlalchemy import select

from gateway import leases, turns
from gateway.clients.rasa import Rasa
from gateway.community import Community
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Message
from gateway.receiving import receive
from tests.conftest import RESIDENT, Clock


class Street:
    """Texts of one resident, and a worker that answers them, without threads."""

    def __init__(self, database: Database, keys: Keys, town: Community, rasa: Rasa, clock: Clock) -> None:
        self.database, self.keys, self.town, self.rasa, self.clock = database, keys, town, rasa, clock
        self.count = 0

    def text(self, body: str) -> int:
        self.count += 1
        inbound = Inbound(SMS, RESIDENT, f"SM{self.count:032x}", body)
        with self.database.begin() as session:
            receipt = receive(session, self.keys, self.town, inbound, self.clock())
        assert receipt.message_id is not None
        return receipt.message_id

    def lease(self) -> leases.Lease:
        with self.database.begin() as session:
            lease = leases.take(session, "test")
        assert lease is not None
        return lease

    def work(self) -> None:
        lease = self.lease()
        while turns.answer_next(self.database, self.rasa, self.town, lease, self.clock) is not None:
            pass

    def said(self) -> list[str]:
        with self.database.begin() as session:
            return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))

    def ask(self, body: str) -> list[str]:
        before = len(self.said())
        self.text(body)
        self.work()
        return self.said()[before:]

    def handled(self) -> list[str | None]:
        with self.database.begin() as session:
            return list(
                session.scalars(select(Message.handled_by).where(Message.direction == "in").order_by(Message.id))
            )

    def one(self, table: Any) -> Any:
        with self.database.begin() as session:
            return session.scalars(select(table)).one()
