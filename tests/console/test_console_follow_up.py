"""A thread shows what the resident allowed us, and whether the services helped."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway import consents, follow_up_words, follow_ups, texts
from gateway.commands import Scene
from gateway.community import load
from gateway.conversations import say
from gateway.db import Database
from gateway.models import Conversation, Escalation, FollowUp, Message
from gateway.web import console_follow_ups
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]


def offered(database: Database) -> None:
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        wording = texts.say("follow_up_offer", "en", days=2)
        said = say(session, conversation, wording, "system", utc_now(), language="en")
        session.add(
            FollowUp(
                conversation_id=conversation.id,
                contact_id=conversation.contact_id,
                offer_message_id=said.id,
                state="offered",
                offered_at=utc_now(),
                changed_at=utc_now(),
            )
        )


def shown(anyone: Person, row: Escalation) -> str:
    page = anyone.client.get(f"/console/threads/{row.id}").text
    found = re.search(r'<section class="history" id="follow-up".*?</section>', page, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[0]) if found else ""


def test_a_thread_without_one_shows_nothing(person: Callable[..., Person], written: Written) -> None:
    assert shown(person(), written()) == ""


def test_consent_and_outcome_stand_beside_the_thread(
    person: Callable[..., Person], written: Written, database: Database
) -> None:
    row, ana = written(), person()
    offered(database)
    assert "Offered, not answered yet" in shown(ana, row)
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        heard = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).first()
        assert heard
        follow_up = session.scalars(select(FollowUp)).one()
        scene = Scene(session, conversation, heard, utc_now())
        follow_ups.agree(scene, load(None), follow_up)
    agreed = shown(ana, row)
    assert "Said yes, not asked yet" in agreed
    assert "Consent to be asked : yes" in agreed.replace(": ", " : ").replace("  ", " ")
    assert consents.version_of("follow_up", "en", texts.say("follow_up_offer", "en", days=2)) in agreed
    assert "May we text you in 2 days" in agreed
    with database.begin() as session:
        follow_up = session.scalars(select(FollowUp)).one()
        assert follow_ups.move(session, follow_up, "asked", utc_now() + timedelta(days=2))
        assert follow_ups.move(
            session, follow_up, "answered", utc_now(), result="need_other_help", barrier_code="hours"
        )
    assert "Answered: Needs other help (hours)" in shown(ana, row)


def test_every_state_result_and_barrier_has_words() -> None:
    assert set(console_follow_ups.BARRIERS) == set(follow_up_words.codes())
    every = {*follow_ups.TRANSITIONS, *(state for after in follow_ups.TRANSITIONS.values() for state in after)}
    assert set(console_follow_ups.STATES) == every


@pytest.mark.parametrize("state", ["declined", "answered", "void", "no_answer"])
def test_what_is_over_does_not_move_again(written: Written, database: Database, state: str) -> None:
    written()
    offered(database)
    with database.begin() as session:
        row = session.scalars(select(FollowUp)).one()
        row.state = state
        session.flush()
        for then in console_follow_ups.STATES:
            assert not follow_ups.move(session, row, then, utc_now())
        assert row.state == state
