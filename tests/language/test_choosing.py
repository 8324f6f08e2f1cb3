"""A request for a language is obeyed; a sentence that only speaks of one is not."""

import pytest

from gateway.language import command

SPANISH = [
    "español",
    "ESPAÑOL",
    "Espanol.",
    "espaol",
    "spansh",
    "spanish please",
    "in spanish please",
    "en español por favor",
    "esp",
    "es",
    "can you speak spanish?",
    "habla español?",
    "se habla español",
    "hola, español por favor",
    "quiero español",
    "castellano",
    "solo hablo español",
    "switch to spanish",
    "cambiar a español",
    "hable en español",
    "text me in spanish",
]
ENGLISH = [
    "english",
    "English!",
    "inglish",
    "inlges",
    "ingles por favor",
    "english pls",
    "eng",
    "quiero ingles",
    "prefiero ingles",
    "en ingles",
    "switch to english",
    "no, english please",
    "ok english",
    "i speak english",
    "can u talk english",
]
NOT = [
    "no hablo ingles",
    "no hablo inglés",
    "clases de ingles",
    "english classes",
    "i dont speak spanish",
    "doctor que hable español",
    "albergue",
    "tomorrow",
    "no english",
    "no quiero español",
    "special",
    "esposa",
    "england",
    "is there a spanish church",
    "eso",
    "mi esposo habla ingles",
    "single mom",
    "1",
    "2",
    "",
    "help",
    "espero",
    "estoy",
    "island",
    "spanish food",
]


@pytest.mark.parametrize(("text", "asked"), [*((text, "es") for text in SPANISH), *((text, "en") for text in ENGLISH)])
def test_a_request_is_read(text: str, asked: str) -> None:
    assert command(text) == asked
    assert command(text, menu_open=True) == asked


@pytest.mark.parametrize("text", NOT)
def test_a_mention_is_no_request(text: str) -> None:
    assert command(text) is None


def test_digits_count_while_the_menu_is_open() -> None:
    assert command("1", menu_open=True) == "en"
    assert command(" 2. ", menu_open=True) == "es"
    assert command("3", menu_open=True) is None
    assert command("2 kids", menu_open=True) is None


def test_ordinary_words_are_not_slips_of_a_languages_name() -> None:
    from gateway.language import tables  # noqa: PLC0415 - only this test looks into the lists

    common = [word for word, scores in tables.words().items() if max(scores.get("en", -9), scores.get("es", -9)) > -4.3]
    assert len(common) > 1000
    taken = {word for word in common if command(word)}
    assert taken <= {
        "es",
        "spanish",
        "english",
        "ingles",
        "espanol",
        "inglesa",
        "espanola",
        "ingleses",
        "espanoles",
        "castellano",
    }
