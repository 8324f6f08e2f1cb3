"""Many hands on one thread at once: every verb that gives it an owner or takes one away, from real threads.

Each round is one thread that Ana owns and has offered to Ben, and one moment at which everybody presses: Ana in three
tabs, two supervisors, Ben, a phone, a page that is out of date, and the worker whose clock says that Ana is away. What
each was told must be one story: every epoch has one author, each of them found the thread as the one before left it,
and whoever lost was told so, with an owner whom the thread had. ``FRONTDOOR_ROUNDS=1000`` makes it the long proof.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import attendance, escalations, ownership
from gateway.community import load
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import AuditEntry, Conversation, Escalation, Responder, Shift
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

ROUNDS = int(os.environ.get("FRONTDOOR_ROUNDS", "40"))
pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(120 + ROUNDS * 2)]

# Which verbs leave which owner behind, as the audit entry names the people.
OWNS = ("claim", "transfer", "take_over", "assign")
WAITS = ("release", "lapse")
ACTS = [*OWNS, *WAITS, "resolve"]


@dataclass(frozen=True)
class Told:
    """What came of one press: the epoch after it where it was done, else the refusal and the owner that it named."""

    verb: str
    epoch: int | None
    code: str = ""
    owner: str | None = None


@pytest.fixture
def pool(migrated_url: str, database: Database) -> Iterator[Database]:
    """Connections for all hands at once."""
    made = Database(migrated_url, pool=16)
    yield made
    made.close()


class Crowd(Night):
    """People whose consoles are open, and who press at one moment."""

    def begin(self) -> None:
        """Everybody comes."""
        self.ana, self.ben, self.cai = (self._here(name) for name in ("Ana", "Ben", "Cai"))
        self.sam, self.sue = (self._here(name, "supervisor") for name in ("Sam", "Sue"))

    def _here(self, name: str, role: str = "responder") -> Responder:
        who, hours = self.person(name, role), timedelta(hours=4)
        with self.database.begin() as session:
            session.get_one(Responder, who.id).capacity = 9999
            session.add(Shift(responder_id=who.id, starts_at=self.at - hours, ends_at=self.at + 99 * hours))
        return who

    def owned(self, place: int) -> Escalation:
        """A thread of Ana's, which she has offered to Ben; all consoles are open."""
        with self.database.begin() as session:
            for who in (self.ana, self.ben, self.cai, self.sam, self.sue):
                attendance.beat(session, who.id, self.at)
        self.text("hello there", number=f"+1555556{place:04d}")
        with self.database.begin() as session:
            conversation = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
            assert conversation is not None
            row = escalations.open_(session, conversation, "asked_for_person", Level.URGENT, self.at)
            escalations.claim(session, row.id, 0, self.ana, self.at)
        with self.database.begin() as session:
            return ownership.transfer(
                session, self.community, row.id, 1, self.ana, self.at, to_id=self.ben.id, warm=True
            )

    def presses(self, row: Escalation) -> dict[str, Callable[[Any, datetime], Escalation]]:
        """What everybody does with a thread as they see it."""
        town, key, seen = self.community, row.id, row.epoch
        reason = {"reason": "asked"}
        return {
            "release": lambda s, at: escalations.release(s, key, seen, self.ana, at),
            "transfer": lambda s, at: ownership.transfer(s, town, key, seen, self.ana, at, to_id=self.cai.id),
            "resolve": lambda s, at: escalations.resolve(s, key, seen, self.ana, "helped", at),
            "accept": lambda s, at: ownership.accept(s, town, key, self.ben, at),
            "take over": lambda s, at: ownership.take_over(s, key, seen, self.sam, at, **reason),
            "take over too": lambda s, at: ownership.take_over(s, key, seen, self.sue, at, **reason),
            "claim": lambda s, at: escalations.claim(s, key, seen - 1, self.cai, at),
            "claim when it waits again": lambda s, at: escalations.claim(s, key, seen + 1, self.cai, at),
            "claim by phone": lambda s, at: escalations.claim_waiting(s, key, self.ben, at, "sms"),
            "assign": lambda s, at: ownership.assign(s, town, key, seen + 1, self.sam, at, to_id=self.ben.id),
            "lapse": lambda s, at: ownership.lapse(s, key, seen, self.ana.id, at, "away"),
        }

    def all_at_once(self, pool: Database, hands: ThreadPoolExecutor, row: Escalation) -> list[Told]:
        """One press of each, at one moment; anything but a done act or a clear refusal fails."""
        presses = self.presses(row)
        gate, at = threading.Barrier(len(presses)), self.later(seconds=1)

        def press(verb: str) -> Told:
            gate.wait(30)
            try:
                with pool.begin() as session:
                    return Told(verb, presses[verb](session, at).epoch)
            except Conflict as conflict:
                return Told(verb, None, conflict.code, conflict.owner)
            except Refused as refused:
                return Told(verb, None, refused.code)

        return list(hands.map(press, presses))


def owners(session: Any, row: Escalation, names: dict[int, str]) -> list[str | None]:
    """The owners that the audit entries tell of, in their order; each entry must fit to what the one before left."""
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == "escalation", AuditEntry.subject_id == row.id, AuditEntry.act.in_(ACTS))
        .order_by(AuditEntry.id)
    ).all()
    told: list[str | None] = []
    owner: int | None = None
    for entry in entries:
        if entry.act in OWNS:
            assert (owner is None) == (entry.act in {"claim", "assign"})
            assert entry.detail.get("before", owner) == owner
            owner = entry.detail.get("to", entry.responder_id)
        else:
            assert owner is not None
            assert entry.act == "lapse" or entry.responder_id == owner
            owner = None
        told.append(names[owner] if owner is not None else None)
    return told


def test_whoever_presses_at_once_the_thread_has_one_story(
    pool: Database, database: Database, settings: Settings
) -> None:
    crowd = Crowd(database, settings.keys, load())
    crowd.begin()
    names = {each.id: each.name for each in (crowd.ana, crowd.ben, crowd.cai, crowd.sam, crowd.sue)}
    won: Counter[str] = Counter()
    with ThreadPoolExecutor(16) as hands:
        for place in range(ROUNDS):
            row = crowd.owned(place)
            told = crowd.all_at_once(pool, hands, row)
            done = [each for each in told if each.epoch is not None]
            won.update(each.verb for each in done)
            assert done
            # One author for each epoch, and none left out.
            assert sorted(each.epoch for each in done if each.epoch) == [*range(2, 2 + len(done))]
            with database.begin() as session:
                after = session.get_one(Escalation, row.id)
                history = owners(session, row, names)
                handler = session.get_one(Conversation, after.conversation_id).handler
                assert ownership.offer_of(session, row.id) is None  # whatever won, nobody may still say yes
            assert len(history) == after.epoch == 1 + len(done)
            assert (after.status == "claimed") == (handler == "responder")
            if after.status != "resolved":
                assert (after.owner.name if after.owner else None) == history[-1]
            for each in told:
                assert each.epoch is not None or each.code, each
                assert each.owner in {None, *history}, (each, history)
    assert len(won) >= 5, won  # it was a race: no verb wins every time
