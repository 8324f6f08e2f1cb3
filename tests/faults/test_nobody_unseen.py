"""A random day on call, second by second of the clock: no open thread is ever without an owner and without a timer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select

from gateway import escalations
from gateway.db import Database
from gateway.models import Escalation, Page, Responder
from gateway.risk import Level
from gateway.settings import Settings
from tests.conftest import empty
from tests.gateway.duty import QUIET, STUCK, WRONG, Duty

pytestmark = pytest.mark.slow

LEVELS = st.sampled_from([Level.ROUTINE, Level.URGENT, Level.EMERGENCY])
STEP = st.one_of(
    st.tuples(st.just("open"), st.integers(0, 3), LEVELS),
    st.tuples(st.just("claim"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("release"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 900), st.just(0)),
    st.tuples(st.just("no worker"), st.integers(1, 900), st.just(0)),
    st.tuples(st.just("fate"), st.integers(0, 3), st.sampled_from([QUIET, WRONG, STUCK])),
    st.tuples(st.just("rest"), st.integers(0, 3), st.just(0)),
)
ASKED_AGAIN = timedelta(minutes=10)


class Day(Duty):
    """A day whose steps may be impossible: then they do nothing."""

    def do(self, step: tuple[str, int, object], people: list[int]) -> None:
        """Let one thing happen."""
        what, which, more = step
        if what == "open":
            assert isinstance(more, Level)
            self.open(more, f"+155555501{which:02d}")
        elif what in {"claim", "release"}:
            self._verb(what, which, people)
        elif what == "wait":
            self.run(which)
        elif what == "no worker":
            self.at += timedelta(seconds=which)
        elif what == "fate":
            self.fates[people[which]] = str(more)
        else:
            self.rest(people[which])

    def _verb(self, what: str, which: int, people: list[int]) -> None:
        with self.database.begin() as session:
            rows = session.scalars(
                select(Escalation).where(Escalation.status == ("waiting" if what == "claim" else "claimed"))
                .order_by(Escalation.id)
            ).all()  # fmt: skip
            if not rows:
                return
            row = rows[which % len(rows)]
            if what == "claim":
                who = session.get_one(Responder, people[which])
                escalations.claim(session, row.id, row.epoch, who, self.at)
            else:
                assert row.owner is not None
                escalations.release(session, row.id, row.epoch, row.owner, self.at)

    def invisible(self) -> Iterator[str]:
        """Threads that nobody would ever be asked about again."""
        with self.database.begin() as session:
            for row in session.scalars(select(Escalation)):
                if row.status == "waiting" and row.next_page_at is None:
                    yield f"{row.id} waits without a timer"
                if row.status == "waiting" and row.next_page_at and row.next_page_at > self.at + 3 * ASKED_AGAIN:
                    yield f"{row.id} is asked about too late"
                if row.status == "claimed" and (row.owner_id is None or row.next_page_at is not None):
                    yield f"{row.id} is owned by nobody, or still paged"


@given(steps=st.lists(STEP, min_size=3, max_size=14), on_shift=st.integers(0, 3))
@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_thread_is_ever_invisible(
    database: Database, settings: Settings, steps: list[tuple[str, int, object]], on_shift: int
) -> None:
    empty(database)
    day = Day(database, settings.keys)
    names = ("Ana", "Ben", "Cai")
    people = [day.on_shift(name) if index < on_shift else day.person(name) for index, name in enumerate(names)]
    people.append(day.person("Sol", role="supervisor"))
    for step in steps:
        day.do(step, people)
        assert list(day.invisible()) == []
    day.run(1_000)
    with database.begin() as session:
        for row in session.scalars(select(Escalation).where(Escalation.status == "waiting")):
            pages = session.scalars(select(Page).where(Page.escalation_id == row.id)).all()
            if Level(row.level) >= Level.URGENT:
                assert [page for page in pages if page.responder_id == people[3]], "no supervisor was asked"
                assert row.told_nobody_at is not None
