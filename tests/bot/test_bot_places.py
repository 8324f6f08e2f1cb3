"""How places, ZIP codes and the parts of a message are found, without any model."""

from __future__ import annotations

import pytest

from bot.pipeline import tagger
from bot.pipeline.clauses import clauses
from bot.pipeline.places import MAX_PLACE, as_place, place, zip_code
from tools import towns


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("food near 94110", "94110"),
        ("94110-1234 please", "94110"),
        ("not 94103, 94110", "94110"),
        ("estoy en el 00926", "00926"),
        ("call 415-555-0100 or $12345 or #94110", None),
        ("my id is 941101", None),
    ],
)
def test_a_zip_is_five_digits_and_the_last_one_counts(text: str, code: str | None) -> None:
    assert zip_code(text) == code


@pytest.mark.parametrize(
    ("text", "told", "words"),
    [
        ("im by the walmart on 5th", ["walmart on 5th"], "walmart on 5th"),
        ("from Reno to Elko, Nevada", ["Reno", "Elko, Nevada"], "Elko, Nevada"),
        ("needle at 212 Harrison St", [], "212 Harrison St"),
        ("la 24 y mission", [], "la 24 y mission"),
        ("estoy aquí mismo", ["aquí mismo"], None),
        ("there is a man in front of my house", ["in front of my house"], None),
        ("hungry", [], None),
    ],
)
def test_what_the_tagger_found_counts_first_and_then_streets(text: str, told: list[str], words: str | None) -> None:
    assert place(text, told) == words


def test_a_place_is_never_longer_than_a_slot_takes() -> None:
    assert len(place("x", ["a" * 300]) or "") == MAX_PLACE


def test_an_answer_to_the_question_where_is_a_place_unless_it_is_a_story() -> None:
    assert as_place("i'm near the library") == "the library"
    assert as_place("94110 san francisco") == "san francisco"
    assert as_place("94110") is None
    assert as_place("well we used to live with my aunt but then she said we had to go") is None


def test_a_message_is_cut_where_another_need_may_begin() -> None:
    assert clauses("need diapers, also a ride to work") == ["need diapers", "a ride to work"]
    assert clauses("comida caliente y también pañales talla 4") == ["comida caliente", "pañales talla 4"]
    assert clauses("food and water") == []
    assert clauses("i need food") == []
    assert len(clauses("one two. " * 40)) == 6


def test_the_tagger_sees_words_their_neighbours_and_towns() -> None:
    text = "vivo en New York, ok"
    spans = tagger.words(text)
    assert [text[a:b] for a, b in spans] == ["vivo", "en", "New", "York", ",", "ok"]
    told = tagger.features(text, spans)
    assert {"w=new", "-1=en", "+1=york", "town 2", "town after en", "capital"} <= set(told[2])
    assert "town 2" in told[3]
    assert not [trait for trait in told[5] if trait.startswith("town")]


def test_the_list_of_towns_is_the_one_that_the_tool_makes() -> None:
    assert towns.TOWNS.read_text(encoding="utf-8").splitlines() == towns.names()
