"""A closed emergency stays on the list until somebody else has looked; they may open it again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from gateway import closings, conversations, second_look
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import Closing, Conversation, Escalation, Responder
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

pytestmark = pytest.mark.slow


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys)


@pytest.fixture
def closed(night: Night) -> tuple[int, Responder]:
    """An emergency that Ana closed."""
    ana = night.person("Ana")
    night.text("i took all my pills")
    night.claimed(ana)
    return night.close(ana, "handed_to_911"), ana


def look(night: Night, escalation_id: int, who: Responder, *, agree: bool, note: str | None = None) -> Closing:
    with night.database.begin() as session:
        second_look.look(session, escalation_id, who, night.later(hours=1), agree=agree, note=note)
        return session.scalars(select(Closing).where(Closing.escalation_id == escalation_id)).one()


def due(night: Night, who: Responder | None = None) -> list[int]:
    with night.database.begin() as session:
        return [row.id for _, row in second_look.due(session, who)]


def test_an_emergency_is_closed_at_once_and_waits_for_a_look(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, ana = closed
    with night.database.begin() as session:
        closing = session.scalars(select(Closing)).one()
        assert session.get_one(Escalation, escalation_id).status == "resolved"
        assert closing.look_due_at == closing.at + timedelta(hours=24)
    assert due(night) == [escalation_id]
    assert due(night, ana) == []
    assert due(night, night.person("Ben")) == [escalation_id]


@pytest.mark.parametrize("level", [Level.ROUTINE, Level.URGENT])
def test_other_levels_need_no_look(night: Night, level: Level) -> None:
    ana = night.person()
    night.opened(level, ana)
    night.close(ana)
    assert due(night) == []


def test_a_thread_given_back_to_the_bot_is_looked_at_too(night: Night) -> None:
    ana = night.person()
    night.text("i took all my pills")
    night.claimed(ana)
    assert due(night) == []
    escalation_id = night.close(ana, closings.RETURNED)
    assert due(night) == [escalation_id]


def test_nobody_looks_at_their_own(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, ana = closed
    with pytest.raises(Refused, match="own_closing"):
        look(night, escalation_id, ana, agree=True)
    with pytest.raises(IntegrityError), night.database.begin() as session:
        session.execute(update(Closing).values(looked_by=ana.id))


def test_who_agrees_ends_it(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, _ = closed
    ben = night.person("Ben")
    seen = look(night, escalation_id, ben, agree=True)
    assert (seen.look, seen.looked_by, seen.looked_at) == ("agree", ben.id, night.at)
    assert due(night) == []
    with pytest.raises(Conflict, match="looked_at_already"):
        look(night, escalation_id, night.person("Cai"), agree=False, note="no")


def test_who_does_not_agree_says_why_and_opens_it_at_its_level(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, _ = closed
    ben = night.person("Ben")
    with pytest.raises(Refused, match="say_why"):
        look(night, escalation_id, ben, agree=False, note="  ")
    look(night, escalation_id, ben, agree=False, note="nobody heard what 911 did")
    again = night.open()
    assert (again.level, again.status, again.reason, again.reopens_id) == (
        "emergency", "waiting", "second_look", escalation_id,
    )  # fmt: skip
    with night.database.begin() as session:
        row = session.get_one(Escalation, again.id)
        assert row.conversation_id == session.get_one(Escalation, escalation_id).conversation_id
        assert closings.chain(session, row) == [again.id, escalation_id]


def test_a_conversation_that_ended_meanwhile_is_opened_anew(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, _ = closed
    with night.database.begin() as session:
        conversations.close(session, session.scalars(select(Conversation)).one(), "resident_done", night.at)
    look(night, escalation_id, night.person("Ben"), agree=False, note="call them")
    again = night.open()
    assert again.reopens_id == escalation_id
    assert again.message_id is None
    with night.database.begin() as session:
        assert session.get_one(Conversation, again.conversation_id).closed_at is None


def test_a_thread_that_is_open_by_then_is_the_one_that_is_raised(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, _ = closed
    night.text("are you there")
    first = night.open()
    assert first.level == "routine"
    look(night, escalation_id, night.person("Ben"), agree=False, note="read it again")
    again = night.open()
    assert (again.id, again.level, again.reopens_id) == (first.id, "emergency", escalation_id)


def test_of_ten_who_look_at_once_one_does(night: Night, closed: tuple[int, Responder]) -> None:
    escalation_id, _ = closed
    people = [night.person(f"P{n}") for n in range(10)]

    def one(who: Responder) -> bool:
        try:
            with night.database.begin() as session:
                second_look.look(session, escalation_id, who, night.at, agree=False, note="again")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, people)) == 1
    with night.database.begin() as session:
        assert len(session.scalars(select(Escalation).where(Escalation.status == "waiting")).all()) == 1


def test_there_is_no_look_at_what_was_never_closed(night: Night) -> None:
    night.text("i took all my pills")
    with pytest.raises(Refused, match="no_such_closing"):
        look(night, night.open().id, night.person("Ben"), agree=True)
