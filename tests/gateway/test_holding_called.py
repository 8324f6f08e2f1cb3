"""HELP and AYUDA are the carriers' words: danger is answered, a person is asked, and the bot hears what comes next."""

import pytest
from sqlalchemy import select

from gateway import turns
from gateway.models import Assessment, Escalation
from tests.gateway.turn_street import Street

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("word", ["AYUDA", "HELP", "¡Ayuda!", "help."])
def test_the_message_after_the_word_alone_is_the_bots(street: Street, word: str) -> None:
    street.text(word)
    street.clock.forward(seconds=20)
    assert street.ask("necesito comida para mis hijos")[-1].startswith("echo 1: necesito")
    assert street.handled() == ["safety", "bot"]
    assert street.one(Escalation).level == "urgent"  # a person is asked as before


@pytest.mark.parametrize("word", ["ayúdeme por favor", "im in danger", "SOS please", "me quiero morir", "auxilio"])
def test_a_cry_that_is_no_such_word_holds_the_bot_back(street: Street, word: str) -> None:
    street.text(word)
    street.clock.forward(seconds=20)
    street.ask("necesito comida para mis hijos")
    assert street.handled() == ["safety", "hold"]


@pytest.mark.parametrize("danger", ["he has a gun", "i want to kill myself"])
def test_danger_beside_the_word_holds_the_bot_back(street: Street, danger: str) -> None:
    for text in (danger, "HELP"):
        street.text(text)
        street.clock.forward(seconds=20)
    street.ask("we need some food")
    assert street.handled()[-1] == "hold"
    street.clock.forward(seconds=turns.HOLD.total_seconds())
    street.ask("we need some food")
    assert street.handled()[-1] == "bot"
    with street.database.begin() as session:
        assert len(session.scalars(select(Assessment)).all()) == 4
