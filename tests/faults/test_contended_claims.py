"""Contended claims by 50 clients: never two owners, no effect of who came late, and a trail that says the same.

Each thread is a register: its history (who tried at which epoch, and what they were told) must be one that single file
would give. So at each epoch at most one claim wins, whoever loses is told an owner that there was, and the audit
entries, read in their order, name the same owners. ``FRONTDOOR_CLAIMS=10000`` makes it the long proof (two minutes on
two quiet cores); the tests make fewer, which is as much of a race and leaves time for the others.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gateway import escalations
from gateway.conversations import SMS, Inbound, thread
from gateway.db import Database
from gateway.errors import Conflict
from gateway.keys import Keys
from gateway.models import AuditEntry, Conversation, Escalation, Message, Responder
from gateway.risk import Level
from gateway.settings import Settings

CLAIMS = int(os.environ.get("FRONTDOOR_CLAIMS", "2000"))
pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(60 + CLAIMS // 20)]

CLIENTS, THREADS = 50, 8


@dataclass(frozen=True)
class Try:
    """One claim: who, of what, at which epoch, and what came of it (``lost_to`` is a name, if one was told)."""

    thread: int
    who: str
    epoch: int
    won: bool
    lost_to: str | None


@pytest.fixture
def pool(migrated_url: str, database: Database) -> Iterator[Database]:
    """Connections for all clients at once."""
    made = Database(migrated_url, pool=CLIENTS)
    yield made
    made.close()


class Crowd:
    """Fifty clients who claim whatever waits, and put back what they got."""

    def __init__(self, database: Database, people: list[Responder], rows: list[int]) -> None:
        self._database, self._people, self._rows = database, people, rows
        self._left = CLAIMS
        self._lock = threading.Lock()
        self.tries: list[Try] = []
        self.two_owners = 0

    def run(self) -> None:
        threads = [threading.Thread(target=self._client, args=(place,)) for place in range(CLIENTS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _client(self, place: int) -> None:
        dice = random.Random(place)
        who = self._people[place]
        while self._one_more():
            row = dice.choice(self._rows)
            epoch = self._waits_at(row)
            tried = self._claim(row, epoch, who)
            with self._lock:
                self.tries.append(tried)
            if tried.won:
                self._put_back(row, epoch + 1, who)

    def _one_more(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _waits_at(self, row: int) -> int:
        """The epoch at which it waits, or will wait next: what a page that is a moment old would send."""
        with self._database.begin() as session:
            found = session.get_one(Escalation, row)
            return found.epoch if found.status == escalations.WAITING else found.epoch + 1

    def _claim(self, row: int, epoch: int, who: Responder) -> Try:
        try:
            with self._database.begin() as session:
                taken = escalations.claim(session, row, epoch, who, datetime.now(UTC))
                return Try(row, who.name, taken.epoch - 1, True, None)
        except Conflict as conflict:
            return Try(row, who.name, epoch, False, conflict.owner)

    def _put_back(self, row: int, epoch: int, who: Responder) -> None:
        with self._database.begin() as session:
            owner = escalations.owned(session, row, epoch, who).owner_id
            if owner != who.id:
                self.two_owners += 1
        with self._database.begin() as session:
            escalations.release(session, row, epoch, who, datetime.now(UTC))


def people(database: Database, now: datetime) -> list[Responder]:
    made = [
        Responder(email=f"r{n}@demo.example", name=f"R{n}", role="responder", languages=["en"], created_at=now)
        for n in range(CLIENTS)
    ]
    with database.begin() as session:
        session.add_all(made)
    return made


def opened(database: Database, keys: Keys, now: datetime) -> list[int]:
    with database.begin() as session:
        return [
            escalations.open_(
                session, thread(session, keys, Inbound(SMS, f"+1555555{n:04d}", f"x{n}", "y"), now), "risk",
                Level.URGENT, now,
            ).id
            for n in range(THREADS)
        ]  # fmt: skip


def test_of_thousands_of_claims_none_makes_two_owners(
    pool: Database, database: Database, settings: Settings, now: datetime
) -> None:
    team, rows = people(database, now), opened(database, settings.keys, now)
    crowd = Crowd(pool, team, rows)
    crowd.run()
    won = [each for each in crowd.tries if each.won]
    assert len(crowd.tries) == CLAIMS
    assert crowd.two_owners == 0
    twice = [place for place, times in Counter((each.thread, each.epoch) for each in won).items() if times > 1]
    assert not twice  # at each epoch one wins
    assert len(won) > CLAIMS / CLIENTS
    names = {each.name for each in team}
    winners = {row: {each.who for each in won if each.thread == row} for row in rows}
    for each in crowd.tries:
        assert each.won or each.lost_to is None or each.lost_to in winners[each.thread] <= names
    with database.begin() as session:
        check_the_trail(session_entries(session), won, {each.id: each.name for each in team})
        for row in session.scalars(select(Escalation)):
            mine = [each for each in won if each.thread == row.id]
            assert (row.status, row.owner_id, row.epoch) == ("waiting", None, 2 * len(mine))
        # Handed over and back once for each that won, and for no other; and the resident was told as often who came.
        assert sum(session.scalars(select(Conversation.epoch))) == 2 * len(won)
        came = select(Message.id).where(Message.author == "system", Message.text.contains("is here now"))
        assert len(session.scalars(came).all()) == len(won)


def session_entries(session: object) -> list[AuditEntry]:
    wanted = select(AuditEntry).where(AuditEntry.act.in_(["claim", "release"])).order_by(AuditEntry.id)
    return list(session.scalars(wanted))  # type: ignore[attr-defined]


def check_the_trail(entries: list[AuditEntry], won: list[Try], names: dict[int, str]) -> None:
    """Replayed, the audit entries give each thread the owners that were told they had won, in their order."""
    owner: dict[int, int | None] = {}
    replayed: dict[int, list[str]] = {}
    for entry in entries:
        assert entry.subject_id is not None
        assert entry.responder_id is not None
        if entry.act == "claim":
            assert owner.get(entry.subject_id) is None
            owner[entry.subject_id] = entry.responder_id
            replayed.setdefault(entry.subject_id, []).append(names[entry.responder_id])
        else:
            assert owner[entry.subject_id] == entry.responder_id
            owner[entry.subject_id] = None
    for row, order in replayed.items():
        mine = sorted((each for each in won if each.thread == row), key=lambda each: each.epoch)
        assert order == [each.who for each in mine]
