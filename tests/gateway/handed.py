"""A thread that came in by the real road, and people who work on it, for the tests of hand-offs and closings."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from gateway import closings, escalations, handoff911, handoffs
from gateway.community import Community, load
from gateway.conversations import Inbound
from gateway.db import Database
from gateway.handoff911 import Fact
from gateway.keys import Keys
from gateway.models import Conversation, Escalation, Handoff, Message, Responder
from gateway.receiving import receive
from gateway.risk import Level

NOW = datetime(2026, 11, 27, 6, 12, tzinfo=UTC)  # 10:12 PM in the demo town, the day before
NUMBER = "+15555550117"


@dataclass
class Night:
    """One resident who texts, and the people on call; every verb runs in a transaction of its own."""

    database: Database
    keys: Keys
    community: Community = field(default_factory=load)
    at: datetime = NOW

    def later(self, **span: float) -> datetime:
        """Let time pass."""
        self.at += timedelta(**span)
        return self.at

    def text(self, words: str, *, number: str = NUMBER, channel: str = "sms") -> int:
        """A resident's message by the real road; returns its id."""
        self.later(seconds=20)
        with self.database.begin() as session:
            sid = f"SM{self.at.timestamp():032.0f}"
            told = receive(session, self.keys, self.community, Inbound(channel, number, sid, words), self.at)
        assert told.message_id is not None
        return told.message_id

    def person(self, name: str = "Ana Ruiz", role: str = "responder") -> Responder:
        """Somebody who answers residents."""
        with self.database.begin() as session:
            row = Responder(
                email=f"{name.split(maxsplit=1)[0].lower()}@demo.example", name=name, role=role, password_hash="-",
                languages=["en", "es"], created_at=self.at,
            )  # fmt: skip
            session.add(row)
        return row

    def told(self, **answers: Any) -> None:
        """What the screening was told, in the newest message."""
        with self.database.begin() as session:
            conversation = session.scalars(select(Conversation)).one()
            last = session.scalars(
                select(Message.id).where(Message.direction == "in").order_by(Message.id.desc())
            ).first()
            conversation.answers = {**conversation.answers, **answers}
            kept = {"at": self.at.isoformat(), "message_id": last, "by": "resident"}
            conversation.answers_told = {**conversation.answers_told, **dict.fromkeys(answers, kept)}

    def open(self) -> Escalation:
        """The thread that waits or is owned."""
        with self.database.begin() as session:
            return session.scalars(select(Escalation).where(Escalation.status != "resolved")).one()

    def claimed(self, who: Responder) -> Escalation:
        """The same, owned by somebody."""
        row = self.open()
        with self.database.begin() as session:
            return escalations.claim(session, row.id, row.epoch, who, self.later(seconds=5))

    def opened(self, level: Level, who: Responder, words: str = "hello there") -> Escalation:
        """A thread of a level that no card gave it, owned by somebody."""
        self.text(words)
        with self.database.begin() as session:
            conversation = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
            assert conversation is not None
            escalations.open_(session, conversation, "asked_for_person", level, self.at)
        return self.claimed(who)

    def facts(self, who: Responder) -> list[Fact]:
        """What may be told of the thread."""
        row = self.open()
        with self.database.begin() as session:
            row = session.get_one(Escalation, row.id)
            return handoff911.facts(row, handoff911.what_was_said(session, row), who, self.at)

    def prepared(self, who: Responder, to: str = "911") -> Handoff:
        """A hand-off of the thread."""
        row = self.open()
        with self.database.begin() as session:
            return handoffs.prepare(session, self.community, row.id, to, who, self.later(seconds=5))

    def close(self, who: Responder, disposition: str = "helped", **draft: Any) -> int:
        """Close the thread; returns its id."""
        row = self.open()
        made = closings.Draft(disposition, **draft)
        with self.database.begin() as session:
            now = self.later(seconds=30)
            return closings.close(session, self.community, row.id, row.epoch, who, made, now).id

    def said(self) -> list[str]:
        """Everything that we told the resident, oldest first."""
        with self.database.begin() as session:
            return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))
