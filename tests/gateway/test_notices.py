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


def calls(session: Session, to: Responder, kinds: tuple[str, ...]) -> list[int]:
    """Calls that wait to ring a phone, oldest first."""
    made = [notices.queue(session, kind=each, means="voice", text="call", language="en", now=NOW, responder_id=to.id)
            for each in kinds]  # fmt: skip
    return [each.id for each in made]


def rings(session: Session, at: datetime) -> int | None:
    """Which call begins now."""
    taken = notices.take_next(session, ["voice"], at)
    return taken[0].id if taken else None


@pytest.mark.parametrize("end", ["delivered", "failed"])
def test_calls_to_one_phone_ring_one_after_another(session: Session, ana: Responder, end: str) -> None:
    first, second = calls(session, ana, ("page", "drill"))
    assert rings(session, NOW) == first
    assert rings(session, NOW) is None
    row = session.get_one(Notice, first)
    notices.move(row, notices.SENT, NOW)
    session.flush()
    assert rings(session, NOW + timedelta(seconds=20)) is None
    notices.move(row, end, NOW)
    session.flush()
    assert rings(session, NOW + timedelta(seconds=21)) == second


def test_a_call_whose_end_is_never_told_holds_the_next_for_a_moment_only(session: Session, ana: Responder) -> None:
    first, second = calls(session, ana, ("page", "page"))
    assert rings(session, NOW) == first
    notices.move(session.get_one(Notice, first), notices.SENT, NOW)
    session.flush()
    assert rings(session, NOW + notices.ONE_CALL) == second


def test_an_sos_and_somebody_elses_phone_wait_for_no_call(session: Session, ana: Responder) -> None:
    ben = Responder(email="ben@demo.example", name="Ben", role="responder", languages=[], created_at=NOW)
    session.add(ben)
    session.flush()
    first, sos = calls(session, ana, ("page", "team"))
    bens = calls(session, ben, ("page",))
    assert [rings(session, NOW) for _ in range(4)] == [first, sos, *bens, None]


def test_a_call_that_is_to_be_tried_later_holds_up_no_other(session: Session, ana: Responder) -> None:
    first, second = calls(session, ana, ("page", "page"))
    session.get_one(Notice, first).next_attempt_at = NOW + timedelta(seconds=30)
    session.flush()
    assert rings(session, NOW) == second


def test_two_workers_begin_one_call(database: Database) -> None:
    with database.begin() as session:
        who = Responder(email="dee@demo.example", name="Dee", role="responder", languages=[], created_at=NOW)
        session.add(who)
        session.flush()
        calls(session, who, ("page", "page"))
    with database.begin() as one, database.begin() as other:
        assert rings(one, NOW) is not None
        assert rings(other, NOW) is None


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
