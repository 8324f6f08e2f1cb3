"""Facts reach the record through the real bot: once when told, again when they change, and never before a need."""

from __future__ import annotations

import pytest

from tests.bot.bot_server import Talk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]
MOST_COMMANDS = 16


def test_facts_are_recorded_when_told_and_kept(english: Talk) -> None:
    first = english.say("i need food for my 2 kids tonight, i use a wheelchair")
    assert first.records.items() >= {"people": "2", "when": "tonight", "access": "wheelchair"}.items()
    again = english.say("no")
    assert not {"people", "when", "access"} & set(again.records)
    assert english.state is not None
    assert english.state["slots"]["people"] == "2"
    assert english.say("sorry, 3 kids").records["people"] == "3"


def test_facts_in_spanish_have_the_same_values(spanish: Talk) -> None:
    told = spanish.say("necesito comida hoy, somos 4 y mi mamá tiene 80 años, solo habla mam")
    assert told.records.items() >= {"people": "4", "ages": "80", "when": "today", "speaks": "mam"}.items()


def test_a_message_full_of_needs_and_facts_stays_within_what_the_gateway_takes(english: Talk) -> None:
    told = english.say(
        "need food, diapers, rent help, a dentist, a lawyer, a job, a ride and clothes at 94110 for my mom tonight, "
        "2 kids, my son is 6, wheelchair, she speaks mam"
    )
    assert len(told.body["commands"]) <= MOST_COMMANDS
    assert told.records["zip"] == "94110"
