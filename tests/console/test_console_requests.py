"""The queue shows of a request for people what is asked for and where, and of danger the resident's own words."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway import escalations
from gateway.db import Database
from gateway.models import Conversation, Escalation, Message
from gateway.risk import Level
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]
ANSWERS = {"needs": ["welfare_check"], "place": "24th <b>& Mission", "zip": "94110"}


def ask(database: Database, reason: str, answers: dict[str, object]) -> None:
    """Somebody's "no" ends a talk that asked for people."""
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        session.query(Escalation).delete()
        conversation.answers = answers
        message = session.scalars(select(Message.id)).one()
        escalations.open_(session, conversation, reason, Level.ROUTINE, utc_now(), message)


@pytest.mark.parametrize("reason", ["team_request", "mediation"])
def test_what_and_where_stand_on_the_card(ana: Person, written: Written, database: Database, reason: str) -> None:
    written("qqq no", words="", level=Level.NONE)
    ask(database, reason, ANSWERS)
    page = ana.client.get("/console/").text
    assert "welfare check, 24th &lt;b&gt;&amp; Mission, 94110" in page
    assert "qqq no" not in page


@pytest.mark.parametrize(("reason", "answers"), [("asked_for_person", ANSWERS), ("team_request", {})])
def test_other_requests_show_the_words(
    ana: Person, written: Written, database: Database, reason: str, answers: dict[str, object]
) -> None:
    written("qqq no", words="", level=Level.NONE)
    ask(database, reason, answers)
    assert "qqq no" in ana.client.get("/console/").text


def test_danger_shows_its_words_whatever_was_asked(ana: Person, written: Written, database: Database) -> None:
    written()
    ask(database, "team_request", ANSWERS)
    assert "took all my pills" in ana.client.get("/console/").text
