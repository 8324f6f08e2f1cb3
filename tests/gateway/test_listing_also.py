"""A list is of what the bot heard and of what the resident's own words name beside it, since the last list."""

from typing import Any

import pytest

from gateway.models import Referral
from tests.fakes.fake_rasa import NONSENSE, FakeRasa
from tests.gateway.follow_up_street import Street
from tests.gateway.test_listing import clock, last, served, street

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # conversations on the real store


def find(*needs: str) -> dict[str, Any]:
    return {"command": "find_services", "needs": list(needs), "zip": "94110", "place": None, "for_whom": None}


def met(street: Street) -> set[str]:
    """The needs that the services of the last text meet, of those that were asked for."""
    shown = set(last(street)["shown"])
    return {row.need for row in street.all(Referral) if row.service_id in shown}


def test_what_the_bot_took_for_something_else_is_found_all_the_same(street: Street, bot: FakeRasa) -> None:
    served(street, bot, "i need food", find("clothing"))
    assert (last(street)["needs"], last(street)["also"]) == (["clothing"], ["food"])
    assert met(street) == {"clothing", "food"}
    street.text("closer")
    assert last(street)["also"] == ["food"]
    street.text("94103")
    assert last(street)["also"] == ["food"]


def test_what_was_named_before_the_last_list_does_not_come_back(street: Street, bot: FakeRasa) -> None:
    served(street, bot, "i need food", find("food"))
    served(street, bot, "and a coat too", find("clothing"))
    assert last(street)["also"] == []


def test_who_chose_from_the_menu_gets_what_they_chose(street: Street, bot: FakeRasa) -> None:
    bot.behave = NONSENSE["http 503"]
    street.text("somewhere to sleep, or a coat")
    street.text("1")
    assert (last(street)["needs"], last(street)["also"]) == (["food"], [])
