"""The language that a web visitor picks by the button is the conversation's from their next message on."""

from sqlalchemy import select

from gateway.db import Database
from gateway.models import Conversation
from tests.chat.conftest import Visitor

ENGLISH, SPANISH = "i need food for my family", "necesito comida para mi familia"


def spoken(database: Database) -> str | None:
    """The language in which the newest conversation is answered."""
    with database.begin() as session:
        return session.scalars(select(Conversation.language).order_by(Conversation.id.desc()).limit(1)).one()


def test_a_picked_language_holds_over_what_was_written_before(visitor: Visitor, database: Database) -> None:
    visitor.post(ENGLISH, language="en")
    assert spoken(database) == "en"
    visitor.post("94110", language="es")
    assert spoken(database) == "en", "the page alone is a first guess"
    visitor.post("94110", language="es", chosen=True)
    assert spoken(database) == "es"
    visitor.post("ok 94110", language="es")
    assert spoken(database) == "es"


def test_it_holds_over_the_language_of_the_message_itself(visitor: Visitor, database: Database) -> None:
    """Who writes the words they know, and asks for the other language, is answered in that."""
    visitor.post(ENGLISH, language="es", chosen=True)
    assert spoken(database) == "es"


def test_it_can_be_picked_back_and_be_written_away(visitor: Visitor, database: Database) -> None:
    visitor.post(SPANISH, language="es")
    visitor.post("94110", language="en", chosen=True)
    assert spoken(database) == "en"
    visitor.post("en español por favor", language="en")
    assert spoken(database) == "es"


def test_only_a_true_choice_of_one_of_our_languages_counts(visitor: Visitor, database: Database) -> None:
    visitor.post(ENGLISH, language="en")
    for given in ({"language": "fr", "chosen": True}, {"language": "es", "chosen": "yes"}, {"chosen": True}):
        assert visitor.post("94110", **given).status_code == 201
        assert spoken(database) == "en"


def test_danger_is_answered_whatever_was_picked(visitor: Visitor) -> None:
    answer = visitor.post("i took all my pills", language="es", chosen=True).get_json()
    assert [each["language"] for each in answer["replies"]][:2] == ["es", "en"]
    assert all("911" in each["text"] for each in answer["replies"][:2])
