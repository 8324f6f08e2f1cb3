"""The answers that a question offers are those that its words name, in both languages; nothing else has any."""

import pytest

from bot.asks import ASKS as BOT_ASKS
from gateway import texts
from gateway.offers import NUMBERS, SKIP, YES_NO, Question, of
from tools.all_texts import BOT, all_texts

SAID_BY_BOT = {pair.name: pair.wording for pair in all_texts() if pair.source == BOT}
LANGUAGES = ("en", "es")


def labels(text: str) -> list[str]:
    return [offer["label"] for offer in of(text) or []]


def sent(text: str) -> list[str]:
    return [offer["text"] for offer in of(text) or []]


def said_by_bot(name: str, language: str) -> Question:
    values = {"spot": "5th St. and Main, YES or NO 1 block on", "first": "rent help", "second": "food"}
    return Question(SAID_BY_BOT[name][language].format_map(values), BOT_ASKS[name])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BOT_ASKS)
def test_every_question_of_the_bot_offers_its_answers(name: str, language: str) -> None:
    words = {YES_NO: {"en": ["YES", "NO"], "es": ["SÍ", "NO"]}, SKIP: {"en": ["SKIP"], "es": ["OMITIR"]}}
    kind = BOT_ASKS[name]
    found = sent(said_by_bot(name, language))
    if kind == NUMBERS:
        counted = {"utter_ask_screening_needs": 6, "utter_did_you_mean": 3}.get(name, 2)
        assert found == [str(number) for number in range(1, counted + 1)]
    else:
        assert found == words[kind][language]


def test_labels_are_the_words_of_the_text() -> None:
    assert labels(said_by_bot("utter_ask_screening_safety", "es")) == ["Sí", "No"]
    assert labels(said_by_bot("utter_ask_screening_needs", "en")) == [
        "1 food", "2 place to sleep", "3 rent or housing", "4 health", "5 bills", "6 something else",
    ]  # fmt: skip
    assert labels(said_by_bot("utter_ask_screening_for_whom", "es")) == ["1 para usted", "2 para otra persona"]
    assert labels(said_by_bot("utter_did_you_mean", "en")) == ["1 rent help", "2 food", "3 something else"]
    assert labels(said_by_bot("utter_did_you_mean", "es")) == ["1 rent help", "2 food", "3 otra cosa"]
    assert labels(texts.say("ask_language", "en")) == ["1 English", "2 Español"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_offers_its_digits_also_when_it_asks_again(language: str) -> None:
    offered = of(texts.say("menu_offer", language))
    assert offered
    assert sent(texts.say("menu_offer", language)) == list(texts.menu_choices())
    assert of(texts.say("menu_not_understood", language)) == offered
    assert offered[0]["label"] == {"en": "1 food", "es": "1 comida"}[language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("to", ["911", "988", "211"])
def test_consents_offer_yes_and_no(to: str, language: str) -> None:
    assert labels(texts.say(f"handoff_{to}_ask", language)) == [{"en": "Yes", "es": "Sí"}[language], "No"]


def test_every_text_that_is_named_offers_something_and_no_other_does() -> None:
    for key in texts.keys() - texts.ASKS.keys():
        assert not any(isinstance(words, Question) for words in texts.wording(key).values())
    for key in texts.ASKS:
        for language in LANGUAGES:
            assert of(texts.say(key, language))


def test_texts_for_danger_offer_nothing() -> None:
    said = [text.wording for level in texts.safety_texts().levels.values() for text in level.values()]
    assert not any(isinstance(words, Question) for wording in said for words in wording.values())
    assert not set(texts.safety_texts().also) & set(texts.ASKS)


def test_a_question_is_a_text_like_any_other() -> None:
    question = Question("Is it safe? Reply YES or NO.", YES_NO)
    assert question == "Is it safe? Reply YES or NO."
    assert type(str(question)) is str
    assert of(f"{question} Really.") is None, "what is made of it offers nothing"
    assert of(Question("Say whatever you like.", NUMBERS)) is None
    assert of("Reply YES or NO.") is None
