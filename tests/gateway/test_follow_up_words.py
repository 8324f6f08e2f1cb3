"""What counts as a yes, a no, a result and a barrier, and what must be left to the bot."""

import re

import pytest

from gateway import follow_up_words, texts

YES = (
    "yes|Yes.|YES!|y|yeah|yep|yes please|sure|of course|yes you can|Yes, thank you|sí|Si|SI|sip|claro|claro que sí|"
    "si por favor|por supuesto|sí, gracias|si pueden escribirme|¡Sí!"
).split("|")
NO = (
    "no|No.|NO|nope|nah|no thanks|no thank you|please don't|not safe|no it's not safe|no gracias|nel|mejor no|"
    "no es seguro|No, gracias.|no hace falta|rather not"
).split("|")
NEITHER = (
    "ok|okay|k|thanks|gracias|vale|bueno|listo|1|2|👍|yes but not at night|si pero no de noche|maybe|tal vez|"
    "yes i need a shelter|sí necesito comida|no i need more food|no tengo donde dormir|no hay comida|yes or no|"
    "y mi hijo|ya|y ahora que|more|más|no se|idk||   |no mas comida|yes he hit me|si me pego|sí 94110"
).split("|")


@pytest.mark.parametrize("text", YES)
def test_only_a_plain_yes_is_consent(text: str) -> None:
    assert follow_up_words.consent(text) is True


@pytest.mark.parametrize("text", NO)
def test_a_no_is_heard(text: str) -> None:
    assert follow_up_words.consent(text) is False


@pytest.mark.parametrize("text", NEITHER)
def test_anything_else_is_neither(text: str) -> None:
    assert follow_up_words.consent(text) is None


@pytest.mark.parametrize(("text", "meant"), [
    *((text, "got_it") for text in ("1", "1.", "yes", "1 yes", "it worked", "Yes they helped me thank you", "sí",
                                    "si me ayudaron gracias", "me la dieron", "ya me ayudaron")),
    *((text, "not_obtained") for text in ("2", "no", "No!", "2 no", "no luck", "no me ayudaron", "no funcionó",
                                          "nada", "no, they were full", "no, nadie contestó", "No pedían papeles")),
    *((text, "still_trying") for text in ("3", "not yet", "still waiting", "todavía no", "sigo buscando", "aún no")),
    *((text, "person") for text in ("4", "person", "PERSONA", "i want to talk to a person", "quiero una persona")),
    *((text, None) for text in ("i need food", "who is this", "quien es", "5", "0", "12", "94110", "hello", "hola",
                                "no tengo comida necesito ayuda", "no i need a ride", "yes and i need diapers",
                                "2 kids need diapers", "stop calling him", "")),
])  # fmt: skip
def test_results(text: str, meant: str | None) -> None:
    assert follow_up_words.result(text) == meant


@pytest.mark.parametrize(("text", "code"), [
    ("1", "full"), ("11", "other"), ("12", None), ("0", None), ("la 4", "cost"),
    ("they were full", "full"), ("lista de espera", "full"), ("i didn't qualify", "not_eligible"),
    ("no califiqué", "not_eligible"), ("they wanted an ID", "documents"), ("piden identificación", "documents"),
    ("costs too much", "cost"), ("muy caro", "cost"), ("no ride", "transport"), ("me queda lejos", "transport"),
    ("it was closed", "hours"), ("estaba cerrado", "hours"), ("nobody spoke, no spanish", "language"),
    ("no hablan español", "language"), ("nobody answered", "no_answer"), ("no contestaron", "no_answer"),
    ("they were rude", "treated_badly"), ("me trataron mal", "treated_badly"),
    ("changed my mind", "changed_mind"), ("cambié de opinión", "changed_mind"), ("otra cosa", "other"),
    ("persona", "person"), ("i need a bus pass", None), ("necesito papeles", None), ("hello", None), ("", None),
    ("we did idle around", None),
])  # fmt: skip
def test_barriers(text: str, code: str | None) -> None:
    assert follow_up_words.barrier(text) == code


def test_the_codes_are_those_of_the_data_dictionary_and_of_the_menu() -> None:
    dictionary = "full not_eligible documents cost transport hours language no_answer treated_badly changed_mind other"
    assert follow_up_words.codes() == tuple(dictionary.split())
    for code in texts.LANGUAGES:
        numbers = re.findall(r"^(\d+) \S", texts.say("follow_up_barrier", code), re.MULTILINE)
        assert numbers == [str(number) for number in range(1, 12)]


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("3", 3), ("4", None), ("la 2", 2), ("skip", 0),
                                              ("saltar", 0), ("i need food", None), ("", None)])  # fmt: skip
def test_which(text: str, number: int | None) -> None:
    assert follow_up_words.which(text, 3) == number


def test_a_story_is_no_answer() -> None:
    assert follow_up_words.consent("yes " * 100) is None
    assert follow_up_words.result("no they were closed " * 30) is None
    assert follow_up_words.barrier("it was closed and then " * 30) is None
