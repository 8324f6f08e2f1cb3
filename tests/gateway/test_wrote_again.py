"""Who writes again after a danger that was closed lately is read by a person, once, and it is one story."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql

from gateway import closings, conversations, escalations
from gateway.community import load
from gateway.db import Database
from gateway.models import Conversation, Escalation
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

pytestmark = pytest.mark.slow


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys)


def closed(night: Night, level: Level = Level.URGENT) -> int:
    ana = night.person()
    night.opened(level, ana)
    return night.close(ana)


def all_of(night: Night) -> list[Escalation]:
    with night.database.begin() as session:
        return list(session.scalars(select(Escalation).order_by(Escalation.id)))


@pytest.mark.parametrize("level", [Level.URGENT, Level.EMERGENCY])
def test_a_new_message_opens_it_again_as_routine(night: Night, level: Level) -> None:
    before = closed(night, level)
    night.later(hours=11)
    message = night.text("are you still there")
    again = night.open()
    assert (again.level, again.reason, again.status, again.reopens_id, again.message_id) == (
        "routine", "wrote_again", "waiting", before, message,
    )  # fmt: skip
    with night.database.begin() as session:
        assert closings.chain(session, session.get_one(Escalation, again.id)) == [again.id, before]
        assert session.scalars(select(Conversation)).one().pending_since is not None  # the bot answers meanwhile


def test_danger_in_it_is_danger(night: Night) -> None:
    before = closed(night)
    night.text("i took all my pills")
    again = night.open()
    assert (again.level, again.reason, again.reopens_id) == ("emergency", "risk", before)


def test_after_twelve_hours_it_is_a_new_story(night: Night) -> None:
    closed(night)
    night.later(hours=12, minutes=1)
    night.text("hello again")
    assert len(all_of(night)) == 1


def test_a_town_may_want_none_of_it(night: Night) -> None:
    closing = load().closing.model_copy(update={"reopen_hours": 0})
    night.community = load().model_copy(update={"closing": closing})
    closed(night)
    night.text("hello again")
    assert len(all_of(night)) == 1


def test_what_was_closed_as_routine_stays_closed(night: Night) -> None:
    closed(night, Level.ROUTINE)
    night.text("thank you so much")
    assert len(all_of(night)) == 1


def test_it_opens_once_and_a_thank_you_after_that_opens_nothing(night: Night) -> None:
    closed(night)
    night.text("are you still there")
    night.text("hello?")
    assert len(all_of(night)) == 2
    ben = night.person("Ben")
    night.claimed(ben)
    night.close(ben)
    night.text("thank you so much")
    assert len(all_of(night)) == 2


def test_a_lowered_danger_was_one(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.EMERGENCY, ana)
    with night.database.begin() as session:
        escalations.lower(session, row.id, row.epoch, ana, night.at, level=Level.ROUTINE, reason="safe_now")
    night.close(ana)
    night.text("hello again")
    assert len(all_of(night)) == 2


def test_in_a_new_conversation_it_is_the_same_person(night: Night) -> None:
    before = closed(night)
    with night.database.begin() as session:
        conversations.close(session, session.scalars(select(Conversation)).one(), "resident_done", night.at)
    night.text("hello again")
    again = night.open()
    assert again.reopens_id == before
    assert again.conversation_id != all_of(night)[0].conversation_id


def test_another_person_opens_nothing(night: Night) -> None:
    closed(night)
    night.text("hello there", number="+15555550199")
    assert len(all_of(night)) == 1


def test_a_stop_asks_for_nobody(night: Night) -> None:
    closed(night)
    night.text("STOP")
    assert [row.reason for row in all_of(night)][1:] == []


def test_what_came_before_the_closing_and_was_read_after_it_is_not_lost(night: Night) -> None:
    """A message that waited in the journal while the thread was closed."""
    before = closed(night)
    night.later(minutes=-1)
    night.text("wait, one more thing")
    assert night.open().reopens_id == before


def test_a_drill_is_nobody_s_story(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.URGENT, ana)
    with night.database.begin() as session:
        session.get_one(Escalation, row.id).drill = True
    night.close(ana)
    night.text("hello again")
    assert len(all_of(night)) == 1


def test_the_question_of_every_text_reads_no_whole_table(night: Night) -> None:
    """The look for a closed danger goes by indexes: the contact's conversations, and the closed threads of each."""
    with night.database.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        asked = closings.LAST_CLOSED.params(contact_id=1, since=night.at)
        words = asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {words}")))
    assert "ix_escalations_closed" in plan, plan
    assert "Seq Scan on escalations" not in plan
