"""Services that the fallback menu gave are followed up as those of the bot are, with consent and nothing else."""

import pytest

from gateway import texts
from gateway.models import FollowUp
from tests.fakes.fake_rasa import NONSENSE, FakeRasa
from tests.gateway.follow_up_street import Street, clock, street

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # many conversations on the real store


@pytest.fixture(autouse=True)
def down(bot: FakeRasa) -> None:
    """The bot does not answer."""
    bot.behave = NONSENSE["http 503"]


@pytest.mark.parametrize(("hello", "code"), [("i need some help please", "en"), ("necesito ayuda por favor", "es")])
def test_it_is_offered_after_the_menus_services_and_taken(street: Street, hello: str, code: str) -> None:
    assert street.text(hello) == [texts.say("menu_offer", code)]
    said = street.text("1 94110")
    assert said[-1] == texts.say("follow_up_offer", code, days=2)
    assert len(said) == 2
    assert street.menu() == "follow_up_offer"
    assert street.text("yes" if code == "en" else "sí") == [texts.say("follow_up_agreed", code, days=2)]
    assert street.follow_up().state == "agreed"


def test_the_menu_alone_offers_nothing_and_a_person_neither(street: Street) -> None:
    street.text("i need some help please")
    street.text("9")
    assert street.all(FollowUp) == []


def test_it_is_offered_once_and_the_menu_goes_on(street: Street) -> None:
    street.text("i need some help please")
    street.text("1 94110")
    assert street.text("what else do you have") == [texts.say("menu_offer", "en")]
    again = street.text("2")
    assert len(again) == 1
    assert len(street.all(FollowUp)) == 1
