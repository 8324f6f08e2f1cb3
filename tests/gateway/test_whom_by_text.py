"""What a resident says of gender, papers and money reaches the search: by text as beside a responder."""

from typing import Any

import pytest
from sqlalchemy import select, text

from gateway import beside
from gateway.models import Conversation
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.follow_up_street import FOOD, Street
from tests.gateway.test_listing import clock, last, served, street

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow


def first_of(street: Street, bot: FakeRasa) -> str:
    """The service that stands first for whoever says nothing of themselves."""
    served(street, bot)
    found: str = last(street)["all"][0]
    return found


def change(street: Street, service: str, statement: str) -> None:
    dataset, _, key = service.partition(":")
    with street.database.begin() as session:
        session.execute(text(statement), {"dataset": dataset, "key": key})


def ids(street: Street, bot: FakeRasa, body: str, find: Any = FOOD) -> list[str]:
    served(street, bot, body, find)
    return list(last(street)["all"])


ONLY_WOMEN = "UPDATE search_entry SET serves = '{only_women}' WHERE (dataset, service_id) = (:dataset, :key)"
A_FEE = "UPDATE search_entry SET cost = 'fee' WHERE (dataset, service_id) = (:dataset, :key)"
ASKS_ID = "INSERT INTO required_document (dataset, id, service_id, document) VALUES (:dataset, 'id', :key, 'Photo ID')"


def test_who_says_that_he_is_a_man_is_not_sent_to_a_place_for_women_only(street: Street, bot: FakeRasa) -> None:
    place = first_of(street, bot)
    change(street, place, ONLY_WOMEN)
    assert place in ids(street, bot, "i need some food please"), "nobody said a gender"
    assert place not in ids(street, bot, "i am a man, i need some food please")
    assert place in ids(street, bot, "ok", FOOD | {"for_whom": "other"}), "it is for somebody else now"
    assert ids(street, bot, "soy mujer y necesito comida")[0] == place


def test_a_responder_finds_what_fits_the_resident(street: Street, bot: FakeRasa) -> None:
    place = first_of(street, bot)
    change(street, place, ONLY_WOMEN)

    def found() -> list[str]:
        with street.database.begin() as session:
            conversation = session.scalars(select(Conversation)).one()
            looked = beside.look(session, street.town, conversation, "food", "94110", "en", street.clock())
            return [offer.service.id for offer in looked.offers]

    street.text("i am a woman")
    assert place in found()
    street.text("sorry, it is for my brother")
    assert place not in found()


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("i lost my id and need some food", ASKS_ID),
        ("necesito comida, no tengo identificación", ASKS_ID),
        ("no money for food", A_FEE),
        ("comida, no tengo dinero", A_FEE),
    ],
)
def test_what_they_cannot_bring_or_pay_puts_a_service_back(street: Street, bot: FakeRasa, body: str, made: str) -> None:
    place = first_of(street, bot)
    change(street, place, made)
    assert ids(street, bot, "i need some food please")[0] == place
    assert ids(street, bot, body)[0] != place


@pytest.mark.parametrize(
    ("body", "number", "told"),
    [
        ("no money for food", "1", "Call first. Not known: cost"),
        ("comida, no tengo dinero", "1", "Llame antes. No sabemos: el costo"),
    ],
)
def test_the_details_say_what_is_not_known_of_it(
    street: Street, bot: FakeRasa, body: str, number: str, told: str
) -> None:
    with street.database.begin() as session:
        session.execute(text("UPDATE search_entry SET cost = NULL"))
    served(street, bot, body)
    assert told in street.text(number)[0].splitlines()
    with street.database.begin() as session:
        session.execute(text("UPDATE search_entry SET cost = 'free'"))
    assert told not in street.text(number)[0]
