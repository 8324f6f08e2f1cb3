"""A notice is for one person, waits to be sent, and goes only where it may."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from gateway import notices
from gateway.db import Database
from gateway.models import Notice, Responder, TeamMember

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.begin() as opened:
        yield opened


@pytest.fixture
def ana(session: Session) -> Responder:
    row = Responder(email="ana@demo.example", name="Ana", role="responder", languages=[], created_at=NOW)
    session.add(row)
    session.flush()
    return row


def queued(session: Session, ana: Responder) -> Notice:
    return notices.queue(session, kind="page", means="sms", text="41", language="en", now=NOW, responder_id=ana.id)


def test_it_waits_from_now_on_and_is_given_up_in_time(session: Session, ana: Responder) -> None:
    row = queued(session, ana)
    session.refresh(row)
    assert (row.state, row.attempts, row.priority) == ("queued", 0, 1)
    assert (row.next_attempt_at, row.give_up_at - NOW) == (NOW, timedelta(minutes=15))


def test_it_may_be_for_a_member_of_a_team(session: Session) -> None:
    member = TeamMember(team="street", name="Cy", created_at=NOW)
    session.add(member)
    session.flush()
    row = notices.queue(
        session, kind="team", means="sms", text="open", language="es", now=NOW, member_id=member.id, priority=0,
        give_up_after=timedelta(hours=1),
    )  # fmt: skip
    assert (row.responder_id, row.priority, row.give_up_at) == (None, 0, NOW + timedelta(hours=1))


def test_it_is_for_exactly_one_person(session: Session, ana: Responder) -> None:
    for whom in ({}, {"responder_id": ana.id, "member_id": 1}):
        with pytest.raises(ValueError, match="one responder, for one team member or for one number"):
            notices.queue(session, kind="page", means="sms", text="41", language="en", now=NOW, **whom)


@pytest.mark.parametrize("before", [*notices.TRANSITIONS, *notices.SETTLED])
@pytest.mark.parametrize("after", sorted({*notices.TRANSITIONS, *notices.SETTLED}))
def test_it_moves_only_where_it_may(session: Session, ana: Responder, before: str, after: str) -> None:
    row = queued(session, ana)
    row.state = before
    allowed = after in notices.TRANSITIONS.get(before, set())
    assert notices.move(row, after, NOW) == allowed
    assert row.state == (after if allowed else before)
    assert (row.settled_at == NOW) == (allowed and after in notices.SETTLED)
