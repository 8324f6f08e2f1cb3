"""The bot's pure functions: menu answers in words, what is taken back, consent, coming back, the order of questions."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from bot.actions.consent import read_consent
from bot.actions.corrections import denied, instead, mends
from bot.actions.said import QUESTIONS, Known, Said
from bot.actions.screening import Step, advance, next_question
from bot.coming_back import FRESH, RESUME, SERVED, come_back
from bot.ordinals import as_digits, chosen_numbers
from bot.pipeline import more_needs

WORDS = (
    ("place to sleep", "shelter"), ("food stamps", "benefits"), ("un lugar para dormir", "shelter"),
    ("shelter", "shelter"), ("albergue", "shelter"), ("diapers", "baby"), ("comida", "food"), ("renta", "housing"),
    ("food", "food"), ("rent", "housing"),
)  # fmt: skip
SAFE = Known(safety="no", introduced=True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", [1]), ("one", [1]), ("uno", [1]), ("La primera", [1]), ("el 2", [2]), ("the second one", [2]),
        ("#2", [2]), ("(2)", [2]), ("tres.", [3]), ("number 3 please", [3]), ("la 2 por favor", [2]),
        ("1 and 4", [1, 4]), ("1, 4", [1, 4]), ("1 4", [1, 4]), ("uno y dos", [1, 2]), ("4th", [4]),
        ("2 kids need diapers", []), ("one second", []), ("1 or 2", []), ("los dos", []), ("no one", []), ("94110", []),
        ("12", []), ("0", []), ("", []), ("!!", []), ("dos niños", []), ("at 2", []), ("2 pm", []), ("2 blocks", []),
    ],
)  # fmt: skip
def test_a_menu_is_answered_by_numbers_and_by_nothing_else(text: str, numbers: list[int]) -> None:
    assert chosen_numbers(text) == numbers


def test_without_an_open_menu_a_number_word_stays_a_word() -> None:
    assert as_digits("uno", None) == as_digits("uno", []) == "uno"
    assert as_digits("uno", ["self", "other"]) == "1"
    assert as_digits("2 kids need diapers", ["self", "other"]) == "2 kids need diapers"


@pytest.mark.parametrize(
    ("text", "known", "refused"),
    [
        ("no, not food, a shelter", (), ("food",)),
        ("i don't need food anymore", (), ("food",)),
        ("instead of food i need diapers", (), ("food",)),
        ("i do not need a shelter just food", (), ("shelter",)),
        ("no quiero comida, quiero un lugar para dormir", (), ("food",)),
        ("no es comida, busco albergue", (), ("food",)),
        ("comida no, un albergue", (), ("food",)),
        ("en vez de comida quiero un albergue", (), ("food",)),
        ("no comida, albergue", ("food",), ("food",)),
        ("no comida, albergue", (), ()),
        ("not food stamps, food", (), ("benefits",)),
        ("i have no food", ("food",), ()),
        ("no food, no shelter", ("food",), ()),
        ("no tengo comida", ("food",), ()),
        ("no tengo para la renta", ("housing",), ()),
        ("i have not had food in 2 days", ("food",), ()),
        ("no, i need food", ("food",), ()),
        ("", ("food",), ()),
    ],
)
def test_what_is_refused_is_told_from_what_is_lacking(
    text: str, known: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    assert denied(text, WORDS, known) == refused


@pytest.mark.parametrize(
    ("text", "refused", "named"),
    [("no, not food, a shelter", ("food",), ("shelter",)), ("not food", ("food",), ()), ("food or shelter", (), ())],
)
def test_what_is_named_beside_a_refusal_is_wanted(text: str, refused: tuple[str, ...], named: tuple[str, ...]) -> None:
    assert instead(text, WORDS, refused) == named


@pytest.mark.parametrize(
    "text", ["no, a shelter", "No i need a shelter", "actually shelter", "no, un albergue", "mejor comida"]
)
def test_a_correction_is_known_by_how_it_begins(text: str) -> None:
    assert mends(text)


@pytest.mark.parametrize(
    "text",
    ["no tengo comida", "no food at home", "also food", "no, i also need food", "perdón, también comida", "nobody"],
)
def test_telling_more_is_no_correction(text: str) -> None:
    assert not mends(text)


@pytest.mark.parametrize(
    ("intent", "text", "told"),
    [
        ("affirm", "yes", "yes"), ("acknowledge", "ok", "yes"), ("inform", "sí, por favor vayan", "yes"),
        ("safe", "yes it is safe", "yes"), ("deny", "no", "no"), ("inform", "no its my husbands phone", "no"),
        ("safe", "it is not safe", "no"), ("nlu_fallback", "no es seguro", "no"), ("unsure", "no sé", "no"),
        ("skip", "skip", "skipped"), ("nlu_fallback", "zxqv", None), ("affirm", "yes but not at night", None),
        ("need_food", "i need food", None),
        # "Si" is "if" as well, "ya" is "already", and who hedges is asked again.
        ("affirm", "si", "yes"), ("inform", "si vengan por favor", "yes"), ("affirm", "Si, mi casa es azul", "yes"),
        ("affirm", "sí mi casa es la azul", "yes"), ("affirm", "ya", "yes"), ("affirm", "ya thats fine", "yes"),
        ("inform", "si mi marido no esta", None), ("affirm", "si mi esposo sale", None),
        ("affirm", "ya se fue", None), ("inform", "ya vino la policia", None), ("affirm", "ya me ayudaron", None),
        ("affirm", "ya lo tiene mi esposo", None), ("inform", "si pero mi marido lo lee", None),
        ("affirm", "yes my husband reads it", None), ("affirm", "ok depende", None),
        ("affirm", "sure but my ex has this phone", None), ("affirm", "go ahead", "yes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("question", ["team_ok", "mediation_ok", "text_ok"])
def test_only_a_clear_yes_is_consent(intent: str, text: str, told: str | None, question: str) -> None:
    assert read_consent(Said(intent, text=text), question) == told


@pytest.mark.parametrize("text", ["estoy bien", "im ok", "todo bien"])
def test_who_is_fine_may_be_texted_and_has_agreed_to_nothing_else(text: str) -> None:
    told = [read_consent(Said("safe", text=text), question) for question in ("text_ok", "team_ok", "mediation_ok")]
    assert told == ["yes", None, None]


@pytest.mark.parametrize(
    "text", ["no, dont send anyone", "no, ya no manden a nadie", "I don't want a team", "que no vengan, no"]
)
def test_a_team_is_refused_under_the_question_after_it_too(text: str) -> None:
    before = Known(needs=("welfare_check",), safety="no", place="the park", for_whom="other", team_ok="yes",
                   open_question="text_ok")  # fmt: skip
    step = advance(before, Said("deny", text=text))
    assert (step.known.team_ok, step.known.text_ok) == ("no", None)
    assert [each["value"] for each in step.records if each["field"] == "team_consent"] == ["no"]
    assert not [each for each in step.records if each["field"] == "safe_to_text"]
    assert advance(before, Said("deny", text="no")).known.text_ok == "no"


def state(**slots: Any) -> dict[str, Any]:
    """A state in the middle of the screening."""
    return {"v": 1, "slots": {"introduced": True, **slots}, "loop": "screening"}


def test_what_is_left_after_hours_days_and_weeks() -> None:
    told = state(safety="no", needs=["food"], zip="94110", requested_slot="place", menu=["a"], team_ok="yes", misses=1)
    assert come_back(told, 11) == (told, None)
    kept, greeting = come_back(told, 12)
    assert kept == {"v": 1, "slots": {"introduced": True, "needs": ["food"], "zip": "94110"}, "loop": None}
    assert greeting == RESUME
    assert come_back(told, 24 * 7 - 1)[1] == RESUME
    assert come_back(told, 24 * 7) == (None, FRESH)


def test_who_left_nothing_half_done_is_not_told_to_go_on() -> None:
    served = state(safety="no", needs=["food"], served=True) | {"loop": None}
    kept, greeting = come_back(served, 48)
    assert kept is not None
    assert "safety" not in kept["slots"]
    assert (kept["slots"]["served"], greeting) == (True, SERVED)


@pytest.mark.parametrize("broken", [None, {}, {"slots": None}, {"slots": [1]}])
def test_a_state_without_slots_is_left_as_it_is(broken: Any) -> None:
    assert come_back(broken, 500) == (broken, None)


@pytest.mark.parametrize(
    ("known", "question"),
    [
        (Known(), "safety"),
        (SAFE, "for_whom"),
        (Known(safety="no", for_whom="self"), "needs"),
        (Known(safety="no", for_whom="self", needs=("food",)), "place"),
        (Known(safety="no", for_whom="self", needs=("food",), zip="94110"), None),
        (Known(safety="no", needs=("welfare_check",), zip="94110"), "spot"),
        (Known(safety="no", needs=("welfare_check",), place="Main"), "team_ok"),
        (Known(safety="no", needs=("welfare_check",), place="Main", team_ok="yes"), "text_ok"),
        (Known(safety="no", needs=("welfare_check",), place="Main", team_ok="yes", channel="webchat"), None),
        (Known(safety="no", needs=("welfare_check",), place="Main", team_ok="no"), None),
        (Known(safety="no", needs=("welfare_check",), place_asked="skipped"), None),
        (Known(safety="no", needs=("dispute",), zip="94110"), "mediation_ok"),
        (Known(safety="no", needs=("dispute",), zip="94110", mediation_ok="skipped"), None),
        (Known(safety="yes", needs=("welfare_check",)), None),
    ],
)
def test_safety_first_consent_last_and_only_where_people_would_come(known: Known, question: str | None) -> None:
    assert next_question(known) == question


def test_the_questions_stand_in_the_domain_in_the_same_order() -> None:
    from pathlib import Path  # noqa: PLC0415

    import yaml  # noqa: PLC0415

    domain = yaml.safe_load((Path(__file__).resolve().parents[2] / "domain.yml").read_text(encoding="utf-8"))
    assert tuple(domain["forms"]["screening"]["required_slots"]) == QUESTIONS


def step(known: Known, intent: str, text: str = "", **found: Any) -> Step:
    """One message."""
    return advance(known, Said(intent, text=text, **found))


def test_consent_holds_for_the_place_that_was_read_back_and_no_other() -> None:
    agreed = Known("text_ok", "no", needs=("welfare_check",), place="Main", team_ok="yes", introduced=True)
    moved = step(agreed, "inform", "24th and Mission", place="24th and Mission")
    assert (moved.known.team_ok, moved.next_question) == (None, "team_ok")


def test_a_yes_with_a_better_place_is_a_yes_to_it() -> None:
    asked = Known("team_ok", "no", needs=("welfare_check",), place="Main", introduced=True)
    yes = step(asked, "affirm", "yes, 100 Main Street", place="100 Main Street")
    assert (yes.known.place, yes.known.team_ok) == ("100 Main Street", "yes")


@pytest.mark.parametrize("question", ["team_ok", "mediation_ok", "text_ok"])
def test_consent_that_was_asked_twice_in_vain_is_none(question: str) -> None:
    known = Known(question, "no", "self", ("welfare_check", "dispute"), place="Main", misses=1, introduced=True)
    order = ("team_ok", "mediation_ok", "text_ok")
    known = Known(**{**known.__dict__, **dict.fromkeys(order[: order.index(question)], "yes")})
    told = step(known, "greet", "hello")
    assert getattr(told.known, question) == "unclear"
    assert told.records == []


def test_danger_interrupts_every_question() -> None:
    for question in QUESTIONS:
        assert not step(Known(question, "no", "self", ("welfare_check",), place="Main"), "danger").accepted


def test_a_team_asked_for_once_is_not_agreed_to_for_ever() -> None:
    done = Known(None, "no", needs=("welfare_check",), place="Main", team_ok="yes", text_ok="yes", served=True)
    again = step(done, "need_welfare_check", "check on my uncle", needs=("welfare_check",))
    assert (again.next_question, again.known.text_ok) == ("team_ok", "yes")


@pytest.mark.parametrize(("doubts_danger", "intent"), [(True, "nlu_fallback"), (False, "need_food")])
def test_no_need_is_made_of_what_may_mean_danger(*, doubts_danger: bool, intent: str) -> None:
    heard = Mock(intent="nlu_fallback", confidence=0.2, open_question=None, found={}, needs=[])
    heard.decide.side_effect = lambda told, _: setattr(heard, "intent", told)
    more_needs.by_words(heard, more_needs.Words(["food"], []), doubts_danger=doubts_danger)
    assert heard.intent == intent
    assert heard.add.called is not doubts_danger
