"""Whole conversations, as written down in ``en/`` and ``es/``, through the front door with the really trained model."""

from dataclasses import replace

import pytest

from tests.conversations import ends
from tests.conversations.script import ENDS, Script, scripts
from tests.conversations.street import Street

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]

ALL = tuple(scripts())


@pytest.mark.parametrize("script", ALL, ids=[script.name for script in ALL])
def test_the_conversation_goes_as_it_is_written(street: Street, script: Script) -> None:
    played = street.play(script)
    assert not played.faults, f"\n{played}"


def test_an_end_that_did_not_come_is_found_out(street: Street) -> None:
    script = next(each for each in ALL if each.name == "en/food_for_the_kids")
    played = street.play(replace(script, name="en/its_ends"))
    with street.database.begin() as session:
        come = {end for end in ENDS if not ends.missing(session, replace(script, ends=end), played.made, "?")}
    assert come == {"closed", "services"}


def test_a_script_that_expects_something_else_is_found_out(street: Street) -> None:
    """A check nobody saw fail is none: the first script with another move, another search and another end."""
    script = next(each for each in ALL if each.name == "en/food_for_the_kids")
    first, second, last = script.turns
    wrong = replace(
        script,
        name="en/a_wrong_one",
        turns=(replace(first, moves=("hello",)), replace(second, searched={"zip": "94103"}, escalation="x y"), last),
        ends="person",
    )
    faults = street.play(wrong).faults
    assert [fault.split(":")[0] for fault in faults] == [
        "turn 1",
        "turn 2",
        "turn 2",
        "the end is not 'person'; moves were ['hello_need', 'asks_safety', 'services', 'follow_up_offer', 'thanks']",
    ]
    silent = replace(script, name="en/a_silent_one", turns=(replace(first, moves=()), second, last))
    assert street.play(silent).faults[0].startswith("turn 1: expected []")
