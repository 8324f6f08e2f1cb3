"""Places that the tagger did not see or cut short, and answers that are none, without any model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.actions.listed import aside, asks_about_listed
from bot.actions.said import Known, Said
from bot.actions.screening import advance
from bot.actions.unfinished import doubts_something_else
from bot.coming_back import SERVED, come_back
from bot.pipeline.people import for_whom, names_people
from bot.pipeline.places import as_place, place
from bot.pipeline.spots import spot, whole, words_first
from bot.pipeline.tagger import towns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("need a meal, behind the safeway", "the safeway"),
        ("my brother sleeps near the bus station on 3rd", "the bus station on 3rd"),
        ("im at turk n hyde", "turk n hyde"),
        ("blood in our stairwell, 550 jones", "550 jones"),
        ("someone hurt off hwy 20", "hwy 20"),
        ("we sleep under the 101 bridge", "the 101 bridge"),
        ("any halal pantry around dearborn", "dearborn"),
        ("emergency shelter modesto", "modesto"),
        ("duermo debajo del puente de la 5", "puente de la 5"),
        ("estoy cerca de la iglesia", "la iglesia"),
        ("vivo por la 24", "la 24"),
        ("esquina de eddy y hyde", "eddy y hyde"),
        ("somos de fresno", "fresno"),
        ("anything near the hospital", "the hospital"),
        ("cerca del hospital mejor", "hospital"),
        ("anda una señora descalza frente al colegio", "colegio"),
        ("agujas por la Capp con 22 ahorita", "la Capp con 22"),
        ("jeringas en la 16 y valencia porfa", "la 16 y valencia"),
        # Not places:
        *[(text, None) for text in ("mi hijo está en la escuela", "saliendo del trabajo", "la renta y 20 de luz")],
        *[(text, None) for text in ("need food", "my son is 18", "rent under 900", "entre 18 y 20", "in need of help")],
        *[(text, None) for text in ("debo la renta y la luz", "65 something", "911 ayudenme", "cumplo 19 en mayo")],
        *[(text, None) for text in ("dos niños de 5 y 7", "estoy en la calle", "thank you", "en español", "")],
    ],
)
def test_words_that_stand_where_a_place_stands(text: str, words: str | None) -> None:
    assert spot(text) == words


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("donde hay un enchufe en castro y market", "market", "castro y market"),
        ("en la mission y 20", "la mission", "la mission y 20"),
        ("check on her at the st francis hotel", "the st francis", "the st francis hotel"),
        ("food and oakland", "oakland", "oakland"),
        ("el vecino de la Capp con 22 pone bocinas", "la Capp", "la Capp con 22"),
        ("agujas en la Alvarado con la 7 ahorita mismo", "la Alvarado", "la Alvarado con la 7"),
        ("vivo en la Capp con 2 niños", "la Capp", "la Capp"),
        ("llego a la Capp y 20 min después", "la Capp", "la Capp"),
        ("estoy en richmond y necesito comida", "richmond", "richmond"),
    ],
)
def test_a_place_that_was_cut_short_is_made_whole(text: str, found: str, words: str) -> None:
    assert whole(text, found) == words


@pytest.mark.parametrize(
    ("text", "told", "words"),
    [
        ("no estoy en san francisco, estoy en hayward", ["san francisco", "hayward"], "hayward"),
        ("in oakland, need to get to san leandro", ["oakland", "san leandro"], "oakland"),
        ("need a ride to fresno", ["fresno"], "fresno"),
        ("around lake merritt somewhere", ["lake merritt somewhere"], "lake merritt"),
        ("84 and don't drive", [], None),
        ("la calle después de pegarme", [], None),
    ],
)
def test_which_place_is_meant(text: str, told: list[str], words: str | None) -> None:
    assert place(text, told) == words


def test_the_words_that_are_no_towns_are_names_of_towns() -> None:
    assert {"need", "casa", "price"} <= words_first()
    assert "fresno" not in words_first()
    assert len(words_first() & towns()) > 300


@pytest.mark.parametrize(
    "text",
    [
        *("what time does it open", "how far is it?", "do they take dogs", "when do they open", "why", "is it free"),
        *("¿a qué hora abre?", "esta lejos?", "cuánto cuesta", "por qué", "tienen camas?"),
    ],
)
def test_a_question_of_their_own_is_no_place(text: str) -> None:
    assert as_place(text) is None


@pytest.mark.parametrize(
    "text", ["cerca de la iglesia", "where the walmart is", "calle 24", "my moms house", "el park"]
)
def test_a_place_in_any_words_is_one(text: str) -> None:
    assert as_place(text) is not None


@pytest.mark.parametrize(
    ("words", "who"),
    [
        *[(words, "other") for words in ("my brother", "mi mama", "para mi hermana", "its for my mom", "them")],
        *[(words, "self") for words in ("me", "us", "para mi", "mi y mi carnal", "me and my 2 kids", "mi esposa y yo")],
    ],
)
def test_people_are_told_from_places(words: str, who: str) -> None:
    assert names_people(words)
    assert for_whom(words, asked=True, about_need=False) == who


@pytest.mark.parametrize(
    ("words", "who"),
    [("comida pa mis ninos", "other"), ("algo pa mi jefita y pa mi", "self"), ("ropa pa mi bebe", "other")],
)
def test_pa_is_para(words: str, who: str) -> None:
    assert for_whom(words, asked=False, about_need=True) == who


@pytest.mark.parametrize(
    "words", ["la mission", "my moms house", "parque dolores", "mission and 16th", "mama taqueria"]
)
def test_a_place_names_no_people(words: str) -> None:
    assert not names_people(words)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        *[
            (text, True)
            for text in ("What time does it open?", "how long will it take", "do they take dogs", "is it free")
        ],
        *[
            (text, True)
            for text in ("do i need id?", "a que hora abre", "¿está lejos?", "cuanto cuesta", "piden papeles?")
        ],
        *[
            (text, False)
            for text in ("i need food", "where can i get clothes", "how are you", "he is hurt", "is he safe")
        ],
        *[(text, False) for text in ("necesito comida", "gracias", "otro lugar", "no", "mas", "")],
    ],
)
def test_questions_about_a_listed_place(text: str, asks: bool) -> None:
    assert asks_about_listed(text) is asks


@pytest.mark.parametrize(("hours", "back"), [(1, None), (12, SERVED), (100, SERVED)])
def test_who_was_given_services_is_greeted_as_somebody_known(hours: int, back: str | None) -> None:
    state = {"v": 1, "slots": {"introduced": True, "served": True, "needs": ["food"], "safety": "no"}, "loop": None}
    kept, how = come_back(state, hours)
    assert how == back
    assert kept is not None
    assert kept["slots"]["needs"] == ["food"]


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        *[
            (text, True)
            for text in ("no estoy seguro de donde ir", "not sure where to go", "no se que hacer", "idk my zip")
        ],
        *[(text, False) for text in ("no estoy seguro", "not sure", "no se", "idk", "no estoy segura de eso")],
    ],
)
def test_a_doubt_about_something_else_is_no_answer_about_safety(text: str, elsewhere: bool) -> None:
    assert doubts_something_else(text) is elsewhere
    step = advance(Known(open_question="safety", introduced=True), Said("unsure", text=text))
    assert step.known.safety == (None if elsewhere else "unsure")


SERVED_FOOD = Known(served=True, needs=("food",), introduced=True, safety="no")


@pytest.mark.parametrize(
    ("text", "named", "told"),
    [
        ("tengo que llevar id?", True, "utter_listed"),
        ("hi again that place was full", False, "utter_complaint_more"),
        ("no contestan el telefono", False, "utter_complaint_more"),
        ("that place was full, i need a shelter", True, None),
        ("i need clothes", True, None),
    ],
)
def test_what_is_about_the_list_is_no_new_request(text: str, named: bool, told: str | None) -> None:
    assert aside(SERVED_FOOD, Said("need_benefits", text=text), lambda _: named) == told
    assert aside(replace(SERVED_FOOD, open_question="place"), Said("need_benefits", text=text), lambda _: named) is None
    assert aside(replace(SERVED_FOOD, served=False), Said("need_benefits", text=text), lambda _: named) is None
