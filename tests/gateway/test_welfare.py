"""A check on somebody is urgent where two of three signs come together: unseen for days, no answer, frail."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from gateway import welfare
from gateway.models import Escalation
from gateway.risk import Level
from tests.fakes.fake_rasa import FakeRasa, good
from tests.gateway.turn_street import Street

TEAM = {"command": "request_team", "needs": ["welfare_check"], "place": "the library on 24th", "zip": None}
NO_PLACE = {"command": "escalate", "reason": "team_request", "level": "urgent", "need": "welfare_check"}
ALARMING = ["please check on my uncle he has a heart condition", "we have not seen him since monday"]


@pytest.mark.parametrize(
    "text",
    [
        "my neighbor is 82, not seen for 3 days and wont answer the door", "havent heard from my grandma in 4 days",
        "old man next door, mail piling up", "she lives alone and is not answering the phone",
        "my dad isn't picking up and he has a heart condition", "smell from the apartment and no answer at the door",
        "nobody has seen her since monday and she doesnt answer", "no contesta mi mamá, vive sola y es diabética",
        "hace 3 días que no veo a mi vecina de 80 años", "mi tío no abre la puerta y no lo vemos desde el lunes",
        "lleva una semana sin salir el viejito del 4", "El señor de enfrente no ha recogido el correo, tiene 78",
        "no responde, tiene 75 años",
    ],
)  # fmt: skip
def test_two_signs_are_urgent(text: str) -> None:
    assert welfare.level([text], {}) is Level.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "can someone check on my neighbor", "welfare check please", "my sister wont answer the door can someone go",
        "i havent heard from my uncle in 3 days", "an old lady lives alone and i'm worried", "100 Main Street",
        "preocupada por mi amigo", "pueden ir a ver a mi hermano", "mi amigo no contesta", "", "no",
        "visita de bienestar para un señor", "no lo vemos desde el lunes",
    ],
)  # fmt: skip
def test_one_sign_or_none_is_routine(text: str) -> None:
    assert welfare.level([text], {}) is Level.ROUTINE


def test_signs_may_be_told_in_several_texts_and_as_facts() -> None:
    assert welfare.level(ALARMING, {}) is Level.URGENT
    assert welfare.level(["she doesnt answer"], {"ages": "40,81"}) is Level.URGENT
    assert welfare.level(["she doesnt answer"], {"access": "no_car,memory"}) is Level.URGENT
    assert welfare.level(["she doesnt answer"], {"ages": "40", "access": "no_car"}) is Level.ROUTINE


@pytest.mark.parametrize("command", [TEAM, NO_PLACE])
@pytest.mark.parametrize(
    ("lines", "level"), [([*ALARMING, "yes"], "urgent"), (["please check on my neighbor", "yes"], "routine")]
)
def test_the_whole_conversation_decides_with_and_without_a_place(
    street: Street, bot: FakeRasa, command: dict[str, Any], lines: list[str], level: str
) -> None:
    for line in lines[:-1]:
        street.ask(line)
    bot.behave = lambda request: (200, json.dumps(good(request, "ok", [command])).encode())
    street.ask(lines[-1])
    with street.database.begin() as session:
        row = session.scalars(select(Escalation)).one()
    assert (row.reason, row.level) == ("team_request", level)


def test_other_teams_stay_routine(street: Street, bot: FakeRasa) -> None:
    command = TEAM | {"needs": ["syringe_pickup"]}
    bot.behave = lambda request: (200, json.dumps(good(request, "ok", [command])).encode())
    street.ask("pick up needles, nobody has come since monday and i am sick")
    assert street.one(Escalation).level == "routine"
