"""The ladder as the worker climbs it, by the true clock: from a signed text to the pages that wait to be sent."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway import notices
from gateway.clients.rasa import Rasa
from gateway.db import Database
from gateway.door import Door
from gateway.models import Escalation, Notice, Page, Responder, Shift
from gateway.settings import Settings
from gateway.worker import Worker
from tests.conftest import Phone
from tests.fakes.fake_rasa import FakeRasa

pytestmark = pytest.mark.slow


class Carrier:
    """Takes every text to residents."""

    def send(self, to: str, body: str) -> str:
        return f"SM{abs(hash((to, body))):032x}"

    def find(self, to: str, body: str, since: datetime) -> str | None:
        return None


@pytest.fixture
def worker(database: Database, door: Door, settings: Settings) -> Iterator[Worker]:
    bot = FakeRasa()
    with closing(Rasa(bot.url, "s")) as rasa:
        made = Worker(database, door.bell, rasa, Carrier(), settings.keys, door.community, door.acceptor)
        yield made
        made.stop()
    bot.stop()


def test_a_text_in_danger_is_paged_by_phone_within_seconds(phone: Phone, database: Database, worker: Worker) -> None:
    now = datetime.now(UTC)
    with database.begin() as session:
        ana = Responder(email="ana@demo.example", name="Ana", role="responder", languages=["en"], created_at=now,
                        phone_sealed=b"x", phone_hash="x", phone_verified_at=now)  # fmt: skip
        session.add(ana)
        session.flush()
        session.add(Shift(responder_id=ana.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)))
    assert phone.text("i took all my pills to die").status_code == 200
    with database.begin() as session:  # in the accepting process, before any worker
        row = session.scalars(select(Escalation)).one()
        assert (row.rung, row.next_page_at, row.code) == (0, row.ladder_since, 10 + row.id)
        assert session.scalars(select(Page.means)).all() == ["console"]
    worker.start()
    deadline = time.monotonic() + 30
    found: list[Notice] = []
    while not found and time.monotonic() < deadline:
        time.sleep(0.1)
        with database.begin() as session:
            found = list(session.scalars(select(Notice)))
    [notice] = found
    assert (notice.kind, notice.means, notice.state, notice.responder_id) == ("page", "sms", notices.QUEUED, ana.id)
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        assert row.ladder_since is not None
        assert row.next_page_at == row.ladder_since + timedelta(seconds=45)
        states = {page.means: page.state for page in session.scalars(select(Page))}
    assert states == {"console": "sent", "push": "skipped", "sms": "planned"}
