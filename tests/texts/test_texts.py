"""Every text exists in both languages, asks for the same values, is short, plain, kind and in usted."""

import re

import pytest
import textstat

from gateway import texts
from gateway.language import detect
from gateway.segments import count
from tests.texts.wording import PROMISE, STIGMA, TO_A_FRIEND, WHY, sentences, szigriszt

NEEDED = (
    "ask_language language_switched menu_offer menu_not_understood person_asked person_asked_nobody_on_shift "
    "responder_joined responder_left conversation_closed bot_delayed media_only opt_out_confirm opt_out_confirm_risk "
    "opt_in_confirm help "
    "services_header services_footer no_services no_more_services not_screened too_long web_greeting"
).split()
NAME = "Demo Town Front Door"
MOST_SEGMENTS = 2
# Bilingual on purpose, so no reading formula of one language fits.
BILINGUAL = {"ask_language", "language_switched"}
TELL_HOW_TO_STOP = {"help", "help_footer", "opt_in_confirm", "follow_up_question", "phone_code", "went_on_by_text"}
WHO_NEED_911_AND_988 = ("help", "not_screened", "opt_out_confirm_risk", "person_asked_nobody_on_shift")


def _all() -> list[tuple[str, str, str]]:
    """Name, language and wording of every text, safety texts among them, placeholders filled in."""
    told = texts.safety_texts()
    routine = [(key, code, text) for key in sorted(texts.keys()) for code, text in texts.wording(key).items()]
    safety = [
        (f"{level}.{name}", code, text.replace("{call_911}", told.call["voice_or_text"][code]))
        for level, named in told.levels.items()
        for name, said in named.items()
        for code, text in said.wording.items()
    ]
    return [(key, code, text.replace("{name}", NAME)) for key, code, text in routine + safety]


ALL = _all()
IDS = [f"{key}-{code}" for key, code, _ in ALL]
ENGLISH = [(key, text) for key, code, text in ALL if code == "en" and key not in BILINGUAL]
SPANISH = [(key, text) for key, code, text in ALL if code == "es" and key not in BILINGUAL]


def test_every_text_that_the_gateway_needs_is_there() -> None:
    assert set(NEEDED) <= texts.keys()


@pytest.mark.parametrize("key", sorted(texts.keys()))
def test_both_languages_ask_for_the_same_values(key: str) -> None:
    pair = texts.wording(key)
    assert set(pair) == {"en", "es"}
    assert texts.placeholders(pair["en"]) == texts.placeholders(pair["es"])
    assert pair["en"] != pair["es"]


@pytest.mark.parametrize(("key", "code", "text"), ALL, ids=IDS)
def test_no_text_costs_more_than_two_segments(key: str, code: str, text: str) -> None:
    cost = count(text)
    print(f"{key} {code}: {cost.segments} ({cost.encoding}, {cost.units} units)")  # noqa: T201 - the list, with -rP
    assert 1 <= cost.segments <= MOST_SEGMENTS


@pytest.mark.parametrize("key", ["opt_out_confirm", "opt_out_confirm_risk", "opt_in_confirm"])
def test_confirmations_in_both_languages_fit_too(key: str) -> None:
    assert count(texts.both(key, "es", name=NAME)).segments <= MOST_SEGMENTS


@pytest.mark.parametrize(("code", "words"), [("en", "rates HELP STOP"), ("es", "costo AYUDA ALTO")])
def test_who_comes_back_is_told_who_writes_what_it_may_cost_and_both_ways_out(code: str, words: str) -> None:
    said = texts.say("opt_in_confirm", code, name=NAME)
    assert said.startswith(NAME)
    assert all(word in said for word in words.split())


@pytest.mark.parametrize(("key", "text"), ENGLISH, ids=[key for key, _ in ENGLISH])
def test_english_reads_at_grade_six_or_below(key: str, text: str) -> None:
    assert textstat.flesch_kincaid_grade(sentences(text)) <= 6, key


@pytest.mark.parametrize(("key", "text"), SPANISH, ids=[key for key, _ in SPANISH])
def test_spanish_is_fairly_easy_on_the_inflesz_scale(key: str, text: str) -> None:
    assert szigriszt(text) >= 65, key


@pytest.mark.parametrize(("key", "code", "text"), ALL, ids=IDS)
def test_words_are_kind_and_promise_nothing(key: str, code: str, text: str) -> None:
    for forbidden in (STIGMA, PROMISE, WHY):
        assert not forbidden.search(text), (key, code, forbidden.search(text))


@pytest.mark.parametrize(("key", "code", "text"), ALL, ids=IDS)
def test_each_text_is_in_the_language_that_it_stands_under(key: str, code: str, text: str) -> None:
    if key not in BILINGUAL:
        assert detect(text.replace(NAME, "")).lang == code


@pytest.mark.parametrize(("key", "text"), SPANISH, ids=[key for key, _ in SPANISH])
def test_spanish_says_usted(key: str, text: str) -> None:
    assert not TO_A_FRIEND.search(text), TO_A_FRIEND.search(text)


@pytest.mark.parametrize("key", WHO_NEED_911_AND_988)
@pytest.mark.parametrize("code", ["en", "es"])
def test_where_danger_is_near_911_and_988_are_named(key: str, code: str) -> None:
    said = texts.say(key, code, name=NAME)
    assert "911" in said
    assert "988" in said


def test_nothing_tells_a_resident_to_send_a_word_that_opts_out_by_mistake() -> None:
    for key, code, text in ALL:
        asked = re.findall(r"\b(END|CANCEL|QUIT|STOP|ALTO|BAJA|PARAR|BASTA|CANCELAR)\b", text)
        assert not asked or (key in TELL_HOW_TO_STOP and set(asked) <= {"STOP", "ALTO"}), (key, code)


def test_say_is_strict() -> None:
    with pytest.raises(KeyError):
        texts.say("no_such_text", "en")
    with pytest.raises(KeyError):
        texts.say("help", "fr", name=NAME)
    with pytest.raises(KeyError):
        texts.say("responder_joined", "en")
    with pytest.raises(KeyError):
        texts.both("help", "fr", name=NAME)


def test_a_value_with_braces_is_said_as_it_is() -> None:
    assert "{x}" in texts.say("responder_joined", "es", name="{x}")


def test_both_puts_the_first_language_on_top() -> None:
    english, spanish = texts.say("opt_out_confirm", "en"), texts.say("opt_out_confirm", "es")
    assert texts.both("opt_out_confirm") == f"{english}\n{spanish}"
    assert texts.both("opt_out_confirm", "es") == f"{spanish}\n{english}"


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_menu_and_its_digits_agree(code: str) -> None:
    lines = re.findall(r"^(\d) \S", texts.say("menu_offer", code), re.MULTILINE)
    assert lines == sorted(texts.menu_choices()) == [str(digit) for digit in range(1, 10)]
    assert texts.menu_choices()["9"] == "person"


def test_the_language_menu_offers_both_from_either_side() -> None:
    for code in ("en", "es"):
        assert {"1 English", "2 Español"} <= set(texts.say("ask_language", code).splitlines())
