"""One resident who is given services by text, and the hours and days after it, without threads."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gateway import escalations, follow_ups, leases, quiet_hours, sending, turns
from gateway.clients.rasa import Rasa
from gateway.community import Community
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.errors import SmsFailed
from gateway.keys import Keys
from gateway.models import Conversation, Escalation, FollowUp, Message, Responder
from gateway.receiving import receive
from tests import demo_town
from tests.conftest import RESIDENT, Clock
from tests.fakes.fake_rasa import FakeRasa, good

HERE = ZoneInfo("America/Los_Angeles")
FOOD = {"command": "find_services", "needs": ["food"], "zip": "94110"}


class Carrier:
    """Takes texts, or fails as told."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.failures: list[SmsFailed] = []

    def send(self, to: str, body: str) -> str:
        """Take one text."""
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(body)
        return f"SM{len(self.taken):032x}"

    def find(self, to: str, body: str, since: datetime) -> str | None:
        """Nothing that was lost is ever found."""
        return None


class Street:
    """A resident, the bot, the carrier and the sweep, by a clock that the test moves."""

    def __init__(self, database: Database, keys: Keys, town: Community, rasa: Rasa, clock: Clock) -> None:
        self.database, self.keys, self.town, self.rasa, self.clock = database, keys, town, rasa, clock
        self.carrier = Carrier()
        self.channel, self.count = SMS, 0

    def hand_in(self, body: str, **more: Any) -> list[str]:
        """A message on the road in; returns what is said in the same breath."""
        self.count += 1
        inbound = Inbound(self.channel, RESIDENT, f"SM{self.count:032x}", body, **more)
        with self.database.begin() as session:
            return receive(session, self.keys, self.town, inbound, self.clock()).replies

    def work(self) -> None:
        """The bot's turns, for whatever waits."""
        with self.database.begin() as session:
            lease = leases.take(session, "test")
        while lease and turns.answer_next(self.database, self.rasa, self.town, lease, self.clock) is not None:
            pass

    def text(self, body: str, **more: Any) -> list[str]:
        """A message and everything that is said because of it."""
        before = len(self.said())
        self.hand_in(body, **more)
        self.work()
        return self.said()[before:]

    def said(self) -> list[str]:
        """Everything that was said to the resident so far."""
        with self.database.begin() as session:
            return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))

    def send(self) -> list[str]:
        """Send what may go now; returns what left."""
        before = len(self.carrier.taken)
        while sending.send_next(self.database, self.carrier, self.keys, self.clock, quiet=self.quiet):
            pass
        return self.carrier.taken[before:]

    def quiet(self, at: datetime) -> bool:
        """Whether the town sleeps."""
        return quiet_hours.covers(self.town, at)

    def sweep(self) -> list[int]:
        """What the worker's sweep does for follow-ups; returns the conversations in which it asked."""
        with self.database.begin() as session:
            due = follow_ups.due(session, self.town, self.clock())
            unanswered = follow_ups.unanswered(session, self.clock())
        asked = []
        for each in due:
            with self.database.begin() as session:
                asked.append(follow_ups.ask(session, self.town, each, self.clock()))
        for each in unanswered:
            with self.database.begin() as session:
                follow_ups.lapse(session, each, self.clock())
        return [conversation_id for conversation_id in asked if conversation_id is not None]

    def one(self, table: Any) -> Any:
        """The only row of a table."""
        with self.database.begin() as session:
            return session.scalars(select(table)).one()

    def all(self, table: Any) -> list[Any]:
        """Every row of a table, oldest first."""
        with self.database.begin() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def follow_up(self) -> FollowUp:
        """The only follow-up."""
        row: FollowUp = self.one(FollowUp)
        return row

    def menu(self) -> str | None:
        """Which question of the gateway's waits in the newest conversation."""
        found: str | None = self.all(Conversation)[-1].menu_open
        return found

    def claim(self, *, resolve: bool = False) -> None:
        """Ana takes the open escalation over, and ends it at once if told to."""
        row = self.all(Escalation)[-1]
        with self.database.begin() as session:
            ana = Responder(email=f"ana{row.id}@demo.example", name="Ana", role="responder", password_hash="-",
                            languages=["en"], created_at=self.clock())  # fmt: skip
            session.add(ana)
            session.flush()
            taken = escalations.claim(session, row.id, row.epoch, ana, self.clock())
            if resolve:
                escalations.resolve(session, taken.id, taken.epoch, ana, "helped", self.clock())


@pytest.fixture
def clock() -> Clock:
    """A Monday, two in the afternoon in the demo town."""
    return Clock(datetime(2026, 11, 23, 14, 0, tzinfo=HERE).astimezone(UTC))


@pytest.fixture
def street(database: Database, door: Door, bot: FakeRasa, clock: Clock) -> Iterator[Street]:
    """A resident of the demo town, with its directory."""
    with database.begin() as session:
        demo_town.lay(session, clock())
    rasa = Rasa(bot.url, "s")
    yield Street(database, door.settings.keys, door.community, rasa, clock)
    rasa.close()


def suggest(bot: FakeRasa, *commands: dict[str, Any], text: str = "ok", state: dict[str, Any] | None = None) -> None:
    """What the bot answers from now on."""

    def behave(request: dict[str, Any]) -> tuple[int, bytes]:
        answer = good(request, text, list(commands))
        return 200, json.dumps(answer | ({"state": state} if state else {})).encode()

    bot.behave = behave
