"""Thanks, a yes, and the English names of things here turn no Spanish conversation at once, nor the other way round."""

import pytest

from gateway.language import detect, lines

SPANISH, ENGLISH = "necesito un lugar para dormir esta noche", "i need a place to sleep tonight"


@pytest.mark.parametrize(
    ("first", "then", "language"),
    [
        *((SPANISH, text, "es") for text in (
            "thank you so much", "ok thanks bye", "yes please", "good morning", "food stamps", "section eight",
            "case manager", "the shelter", "homeless shelter", "food pantry", "low income", "car seat",
        )),
        *((ENGLISH, text, "en") for text in (
            "muchas gracias", "buenos dias", "si por favor", "el centro", "la clinica", "mi familia", "la raza",
        )),
    ],
)  # fmt: skip
def test_what_both_languages_use_turns_nothing_at_once(first: str, then: str, language: str) -> None:
    assert lines.replies([first, then])[-1] == language


@pytest.mark.parametrize(
    ("first", "then", "language"),
    [
        (SPANISH, "where is the food pantry", "en"), (SPANISH, "thank you, do they take dogs", "en"),
        (SPANISH, "yes i need food stamps", "en"), (ENGLISH, "muchas gracias, dónde queda", "es"),
        (ENGLISH, "la clinica está cerrada", "es"), (ENGLISH, "mi familia y yo", "es"),
    ],
)  # fmt: skip
def test_a_sentence_around_it_turns_at_once(first: str, then: str, language: str) -> None:
    assert lines.replies([first, then])[-1] == language


def test_twice_in_a_row_turns_all_the_same() -> None:
    assert lines.replies([SPANISH, "food stamps", "thank you so much"])[-1] == "en"


@pytest.mark.parametrize(("text", "language"), [("thank you so much", "en"), ("muchas gracias", "es")])
def test_its_language_is_known_all_the_same(text: str, language: str) -> None:
    found = detect(text)
    assert (found.lang, found.solid) == (language, False)
