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


@pytest.mark.parametrize(
    ("text", "told", "words"),
    [
        # A kind and its name are one place, whichever half was seen.
        ("vivo cerca de la escuela everett", ["everett"], "la escuela everett"),
        ("cerca del hospital Elmhurst porfa", ["Elmhurst"], "hospital Elmhurst"),
        ("junto al rio guadalupe", ["guadalupe"], "rio guadalupe"),
        ("frente a la iglesia San Antonio", [], "la iglesia San Antonio"),
        ("enfrente de la panaderia La Reina hay un joven", ["la panaderia"], "la panaderia La Reina"),
        ("estoy afuera de la biblioteca main ya cierran", ["la biblioteca"], "la biblioteca main"),
        ("llora afuera del OXXO de Chula Vista, vengan", ["OXXO"], "OXXO de Chula Vista"),
        ("debajo del puente de cesar chavez", ["puente"], "puente de cesar chavez"),
        ("estacionamiento del walmart en san leandro", ["san leandro"], "walmart en san leandro"),
        ("estoy en la biblioteca con mis hijos", ["la biblioteca"], "la biblioteca"),
        ("en el parque de la tarde", ["el parque"], "el parque"),
        # What lies in a street is no part of it.
        ("jeringas en la basura de la 16 y valencia", ["la basura de la 16 y valencia"], "la 16 y valencia"),
        ("agujas en el ba\u00f1o de la 24 con folsom", ["ba\u00f1o de la 24 con folsom"], "la 24 con folsom"),
        ("jeringas tiradas en la basura en la 19", ["la 19"], "la 19"),
        ("en los arbustos de la biblioteca", ["arbustos de la biblioteca"], "la biblioteca"),
        ("en el ba\u00f1o de la biblioteca", ["ba\u00f1o de la biblioteca"], "ba\u00f1o de la biblioteca"),
        # Where the tagger saw nothing, and where a message goes on behind the place.
        ("un chamo anda por la valencia", [], "la valencia"),
        ("hay dentista los sabados en Allapattah?", [], "Allapattah"),
        ("becas en Otay Mesa y Bonita", [], "Otay Mesa y Bonita"),
        ("x el metro", [], "el metro"),
        ("en el sur de sacramento", [], "el sur de sacramento"),
        ("por la 3era y jerrold", ["la 3era"], "la 3era y jerrold"),
        ("cl\u00ednica en East LA", ["East LA"], "East LA"),
        ("sali del parque ayer", ["parque ayer"], "parque"),
    ],
)
def test_spanish_places_are_as_long_as_they_are_written(text: str, told: list[str], words: str) -> None:
    assert place(text, told) == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *[(text, []) for text in ("hay comida cerca de aqui porfa", "por aca cerca", "en la noche por favor")],
        *[(text, []) for text in ("tengo cita a la 1 y no tengo carro", "anda en la calle jugando", "por Dios")],
        *[(text, []) for text in ("estoy por la comida", "tengo hijos de 3 y 5", "por la renta", "Hola Buenas Tardes")],
        *[
            (text, [])
            for text in ("me detuvo el ICE, estoy en ICE", "cita en el DMV", "en Espa\u00f1ol", "sin cebolla")
        ],
        *[
            (text, [])
            for text in (
                "POR FAVOR EN ESPA\u00d1OL",
                "x favor",
                "ando por la libre",
                "d\u00f3nde est\u00e1 el consulado",
            )
        ],
        ("una carpa en la calle con un se\u00f1or", ["la calle con"]),
        ("quiero el narcan en Espa\u00f1ol", ["Espa\u00f1ol"]),
    ],
)
def test_where_spanish_names_no_place_none_is_found(text: str, told: list[str]) -> None:
    assert place(text, told) is None


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
    told = tagger.features(text, spans, {"vivo": 1, "en": 900, "ok": 5})
    assert {"w=new", "-1=en", "+1=york", "town 2", "town after en", "capital"} <= set(told[2])
    assert "town 2" in told[3]
    assert {"r=never", "r-1=often", "r+1=never"} <= set(told[2])
    assert {"r=some", "r+1=>"} <= set(told[5])
    assert not [trait for trait in told[5] if trait.startswith("town")]


def test_a_name_that_one_row_alone_has_is_as_rare_there_as_one_that_nobody_wrote() -> None:
    spans = tagger.words("por turk")
    assert "r=seldom" in tagger.features("por turk", spans, {"turk": 1})[1]
    assert "r=never" in tagger.features("por turk", spans, {"turk": 1}, {"turk": 1})[1]


@pytest.mark.parametrize("text", ["Necesito Ayuda Con La Renta", "HAY AGUJAS EN LA 24"])
def test_capitals_of_every_word_tell_no_names(text: str) -> None:
    assert tagger.even(text) == text.lower()


@pytest.mark.parametrize(
    "text", ["estoy en Daly City ahora", "San Francisco", "LA MISSION", "Vivo En Oakland y no como"]
)
def test_capitals_of_some_words_tell_names(text: str) -> None:
    assert tagger.even(text) == text


def test_the_list_of_towns_is_the_one_that_the_tool_makes() -> None:
    assert towns.TOWNS.read_text(encoding="utf-8").splitlines() == towns.names()
