"""Every path of the conversation in both languages, through the door, with the really trained model."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot.bot_server import BotServer, Talk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]

SAFETY = {"en": "Is anyone hurt or in danger", "es": "¿Hay alguien herido o en peligro"}
WHO = {"en": "for you or for someone else", "es": "para usted o para otra persona"}
NEED = {"en": "What do you need? 1 food", "es": "¿Qué necesita? 1 comida"}
PLACE = {"en": "What ZIP code or place", "es": "¿Qué código postal o lugar"}
HELLO = {"en": "I am a computer, not 911", "es": "Soy una computadora, no el 911"}
PERSON = {"en": "Text PERSON", "es": "Escriba PERSONA"}
AGAIN = {"en": "Sorry, I did not understand", "es": "Perdón, no entendí"}


def find(needs: list[str], zip_code: str | None = None, place: str | None = None, who: str | None = None) -> Any:
    """The search command."""
    return {"command": "find_services", "needs": needs, "zip": zip_code, "place": place, "for_whom": who}


def escalate(reason: str, level: str = "urgent", need: str | None = None) -> dict[str, Any]:
    """The escalation command."""
    return {"command": "escalate", "reason": reason, "level": level, "need": need}


@pytest.fixture(params=["en", "es"])
def talk(bot: BotServer, request: pytest.FixtureRequest) -> Talk:
    """A new conversation, once in each language."""
    return Talk(bot, request.param)


LINES: dict[str, dict[str, str]] = {
    "hi": {"en": "hi", "es": "hola"},
    "yes": {"en": "yes", "es": "sí"},
    "no": {"en": "no", "es": "no"},
    "ok": {"en": "ok", "es": "está bien"},
    "me": {"en": "for me", "es": "para mí"},
    "food": {"en": "i need food", "es": "necesito comida"},
    "skip": {"en": "skip", "es": "omitir"},
    "more": {"en": "more", "es": "más"},
    "other_place": {"en": "another place", "es": "otro lugar"},
    "thanks": {"en": "thank you", "es": "gracias"},
    "bye": {"en": "goodbye", "es": "adiós"},
    "person": {"en": "PERSON", "es": "PERSONA"},
    "why": {"en": "why do you ask", "es": "¿para qué?"},
    "stop": {"en": "please stop texting me", "es": "ya no me manden mensajes"},
    "gun": {"en": "he has a gun", "es": "tiene una pistola"},
    "unsure": {"en": "i don't know", "es": "no sé"},
    "noise": {"en": "zxqv plmk", "es": "zxqv plmk"},
    "legal": {"en": "i need a lawyer", "es": "necesito un abogado"},
    "shelter_ordinal": {"en": "by the food bank on 5th", "es": "junto al banco de comida en la 5 y Main"},
    "dispute": {"en": "my neighbor plays loud music every night", "es": "mi vecino pone música alta todas las noches"},
    "bad": {"en": "that place was closed and they were rude", "es": "el lugar estaba cerrado y fueron groseros"},
    "wrong": {"en": "sorry wrong number", "es": "perdón, número equivocado"},
    "welfare": {"en": "can someone check on my neighbor", "es": "pueden ir a ver a mi vecina"},
}


def line(talk: Talk, name: str) -> str:
    """A resident's line in the language of the conversation."""
    return LINES[name][talk.language]


def walk(talk: Talk, *names: str) -> Any:
    """Say several lines; a name that is not known is said as it stands. The last answer."""
    answer = None
    for name in names:
        answer = talk.say(LINES[name][talk.language] if name in LINES else name)
    return answer


def test_the_first_turn_says_what_this_is_then_asks_about_safety(talk: Talk) -> None:
    answer = walk(talk, "hi")
    assert HELLO[talk.language] in answer.texts[0]
    assert PERSON[talk.language] in answer.texts[0]
    assert "Riverton Cares" in answer.texts[0]
    assert answer.texts[1].startswith(SAFETY[talk.language])
    assert answer.commands == []


def test_safety_then_who_then_need_then_place_then_services(talk: Talk) -> None:
    language = talk.language
    assert SAFETY[language] in walk(talk, "hi").texts[-1]
    after_safety = walk(talk, "no")
    assert WHO[language] in after_safety.texts[0]
    assert after_safety.records == {"screen_safety": "no_danger"}
    assert NEED[language] in walk(talk, "2").texts[0]
    assert PLACE[language] in walk(talk, "1").texts[0]
    answer = walk(talk, "94110")
    assert answer.commands == [find(["food"], "94110", who="other")]
    assert answer.records == {"zip": "94110"}


@pytest.mark.parametrize(
    ("language", "first", "command"),
    [
        ("en", "i need food for my kids, 94110", find(["food"], "94110", who="other")),
        ("es", "necesito comida para mis hijos, 94110", find(["food"], "94110", who="other")),
        ("en", "need diapers and food for my mom near the library on 24th",
         find(["baby", "food"], None, "the library on 24th", "other")),
        ("es", "ropa y comida para mi mamá, 24th y Mision", find(["clothing", "food"], None, "24th y Mision", "other")),
        ("es", "me quedé sin casa y necesito un lugar para dormir hoy 94601", find(["shelter"], "94601", who="self")),
    ],
)  # fmt: skip
def test_what_was_said_at_first_survives_the_safety_question(
    bot: BotServer, language: str, first: str, command: dict[str, Any]
) -> None:
    talk = Talk(bot, language)
    assert SAFETY[language] in talk.say(first).texts[-1]
    assert talk.say("no").commands == [command]


def test_a_need_that_uses_no_place_asks_for_none(talk: Talk) -> None:
    first = {"en": "i feel so depressed", "es": "me siento muy deprimida"}[talk.language]
    assert walk(talk, first, "no", "me").commands == [find(["mental_health"], who="self")]


def test_danger_as_the_answer_brings_a_person_and_ends_the_form(talk: Talk) -> None:
    answer = walk(talk, "food", "yes")
    assert answer.commands == [escalate("danger_said", "urgent", "food")]
    assert answer.records == {"screen_safety": "danger_now"}
    assert answer.texts == []  # what is said then is fixed, and the gateway says it
    assert answer.body["state"]["loop"] is None


def test_not_being_sure_about_danger_brings_a_person(talk: Talk) -> None:
    answer = walk(talk, "hi", "unsure")
    assert answer.commands == [escalate("danger_said")]
    assert answer.records == {"screen_safety": "unsure"}


def test_danger_in_the_place_question_is_not_stored_as_a_place(talk: Talk) -> None:
    """The trap of rasa.md: "he has a gun" became the ZIP code, and no rule fired."""
    answer = walk(talk, "food", "no", "me", "gun")
    assert answer.commands == [escalate("danger_said", "emergency", "food")]
    assert "place" not in answer.body["state"]["slots"]
    assert answer.body["state"]["loop"] is None


def test_danger_with_an_address_is_danger_all_the_same(bot: BotServer) -> None:
    answer = walk(Talk(bot, "en"), "food", "no", "me", "he has a gun at 5th and main")
    assert answer.commands == [escalate("danger_said", "emergency", "food")]


@pytest.mark.parametrize("lines", [("hi",), ("hi", "no"), ("hi", "no", "1"), ("food", "no", "me")])
def test_danger_that_names_someone_or_a_need_is_danger_all_the_same(talk: Talk, lines: tuple[str, ...]) -> None:
    words = {
        "en": "he is hitting my mom right now, we need a place to sleep, 94110",
        "es": "le está pegando a mi mamá con un cuchillo, necesitamos donde dormir, 94110",
    }[talk.language]
    answer = walk(talk, *lines, words)
    assert [c["reason"] for c in answer.commands] == ["danger_said"]
    assert answer.body["state"]["loop"] is None


def test_an_address_is_taken_before_the_words_in_it(talk: Talk) -> None:
    answer = walk(talk, {"en": "place to sleep tonight", "es": "donde dormir hoy"}[talk.language], "no", "me")
    assert PLACE[talk.language] in answer.texts[0]
    answer = walk(talk, "shelter_ordinal")
    assert answer.commands[0]["needs"] == ["shelter"]
    assert "5" in answer.commands[0]["place"]


@pytest.mark.parametrize("lines", [(), ("hi",), ("food", "no"), ("food", "no", "me"), ("food", "no", "me", "94110")])
def test_a_person_can_be_asked_for_at_any_time(talk: Talk, lines: tuple[str, ...]) -> None:
    answer = walk(talk, *lines, "person")
    assert [c["reason"] for c in answer.commands] == ["asked_for_person"]
    assert answer.texts == []
    assert answer.body["state"]["loop"] is None


def test_more_and_another_place_after_services(talk: Talk) -> None:
    walk(talk, "food", "no", "me", "94110")
    assert walk(talk, "more").commands == [{"command": "more_services"}]
    assert PLACE[talk.language] in walk(talk, "other_place").texts[0]
    assert walk(talk, "94601").commands == [find(["food"], "94601", who="self")]


def test_skip_is_an_answer_to_the_place(talk: Talk) -> None:
    assert walk(talk, "food", "no", "me", "skip").commands == [find(["food"], who="self")]


def test_the_reason_is_told_and_the_question_repeated(talk: Talk) -> None:
    for asked, lines in ((SAFETY, ("hi",)), (WHO, ("no",)), (NEED, ("1",)), (PLACE, ("1",))):
        walk(talk, *lines)
        answer = walk(talk, "why")
        assert len(answer.texts) == 2
        assert asked[talk.language] in answer.texts[1]


def test_the_reason_with_nothing_open_is_told_too(talk: Talk) -> None:
    assert walk(talk, "food", "no", "me", "94110", "why").texts


def test_a_change_of_language_repeats_the_open_question_in_it(talk: Talk) -> None:
    other = {"en": "es", "es": "en"}[talk.language]
    words = {"en": "en español por favor", "es": "english please"}[talk.language]
    walk(talk, "food", "no")
    answer = talk.say(words)
    assert answer.commands == [{"command": "set_language", "language": other}]
    assert answer.body["language"] == other
    assert len(answer.texts) == 1
    assert WHO[other] in answer.texts[0]
    assert PLACE[other] in walk(talk, "me").texts[0]


@pytest.mark.parametrize(("words", "language"), [("no hablo inglés", "es"), ("i don't speak spanish", "en")])
def test_not_speaking_a_language_asks_for_the_other(bot: BotServer, words: str, language: str) -> None:
    answer = Talk(bot, "en" if language == "es" else "es").say(words)
    assert answer.commands == [{"command": "set_language", "language": language}]
    assert HELLO[language] in answer.texts[0]


def test_a_language_that_nobody_here_knows_turns_nothing_to_the_other(talk: Talk) -> None:
    words = {"en": "do you speak otomi", "es": "hablan otomí?"}[talk.language]
    answer = talk.say(words)
    assert answer.body["language"] == talk.language
    assert "set_language" not in {each["command"] for each in answer.commands}


def test_thanks_close_when_nothing_is_open(talk: Talk) -> None:
    walk(talk, "food", "no", "me", "94110")
    answer = walk(talk, "thanks")
    assert answer.commands == [{"command": "close"}]
    assert answer.texts


def test_thanks_in_the_middle_repeat_the_question(talk: Talk) -> None:
    answer = walk(talk, "food", "no", "thanks")
    assert answer.commands == []
    assert WHO[talk.language] in answer.texts[-1]


def test_goodbye_closes_kindly(talk: Talk) -> None:
    answer = walk(talk, "food", "bye")
    assert answer.commands == [{"command": "close"}]
    assert answer.texts


def test_a_sentence_that_stops_the_texts(talk: Talk) -> None:
    for lines in ((), ("food", "no", "me")):
        answer = walk(Talk(talk.bot, talk.language), *lines, "stop")
        assert answer.commands == [{"command": "opt_out"}]
        assert answer.texts == []


def test_not_understood_once_then_a_person(talk: Talk) -> None:
    walk(talk, "hi")
    first = walk(talk, "noise")
    assert first.commands == []
    assert SAFETY[talk.language] in first.texts[-1]
    assert walk(talk, "noise").commands == [escalate("bot_could_not_help")]


def test_understood_in_between_starts_the_count_again(talk: Talk) -> None:
    answer = walk(talk, "hi", "noise", "no", "noise")
    assert answer.commands == []
    assert WHO[talk.language] in answer.texts[-1]


def test_not_understood_after_services_gives_a_hint_then_a_person(talk: Talk) -> None:
    walk(talk, "food", "no", "me", "94110")
    assert walk(talk, "noise").texts
    assert walk(talk, "noise").commands == [escalate("bot_could_not_help", "urgent", "food")]


@pytest.mark.parametrize("name", ["yes", "no", "ok", "2"])
@pytest.mark.parametrize("lines", [(), ("food", "no", "me"), ("food", "no", "me", "94110")])
def test_a_lone_yes_no_ok_or_digit_is_never_met_with_silence(talk: Talk, lines: tuple[str, ...], name: str) -> None:
    answer = walk(talk, *lines, name)
    assert answer.texts or answer.commands


def test_a_digit_that_was_not_offered_chooses_nothing(talk: Talk) -> None:
    answer = walk(talk, "hi", "no", "7")
    assert answer.commands == []
    assert AGAIN[talk.language] in answer.texts[0]


def test_several_digits_choose_several_needs(talk: Talk) -> None:
    assert walk(talk, "hi", "no", "1", "1, 4", "94110").commands == [find(["food", "health"], "94110", who="self")]


def test_none_of_the_menu_leads_to_own_words(talk: Talk) -> None:
    answer = walk(talk, "hi", "no", "1", "6")
    assert answer.commands == []
    assert len(answer.texts) == 1
    assert walk(talk, "legal", "94110").commands == [find(["legal"], "94110", who="self")]


def test_a_new_need_after_services_begins_anew_without_introduction_or_safety(talk: Talk) -> None:
    walk(talk, "food", "no", "me", "94110")
    answer = walk(talk, "legal")
    assert answer.commands == [find(["legal"], "94110", who="self")]
    assert answer.texts == []


def test_new_danger_after_services_brings_a_person(talk: Talk) -> None:
    assert walk(talk, "food", "no", "me", "94110", "gun").commands == [escalate("danger_said", "emergency", "food")]


def test_a_correction_of_who_it_is_for(talk: Talk) -> None:
    words = {"en": "no, for my mom", "es": "no, es para mi mamá"}[talk.language]
    answer = walk(talk, "food", "no", "me", words)
    assert len(answer.texts) == 2  # that it was taken in, and the question
    assert PLACE[talk.language] in answer.texts[1]
    assert walk(talk, "94110").commands == [find(["food"], "94110", who="other")]


def test_a_no_with_a_need_answers_the_safety_question_too(talk: Talk) -> None:
    words = {"en": "no, i just need food", "es": "no, solo necesito comida"}[talk.language]
    answer = walk(talk, "hi", words)
    assert answer.records == {"screen_safety": "no_danger", "need": "food"}
    assert WHO[talk.language] in answer.texts[0]


def test_the_safety_question_is_put_twice_and_then_left(talk: Talk) -> None:
    answer = walk(talk, "food", "94110")
    assert len(answer.texts) == 2  # that it was taken in, and the question
    assert SAFETY[talk.language] in answer.texts[1]
    answer = walk(talk, "food")
    assert answer.records == {"screen_safety": "not_asked"}
    assert WHO[talk.language] in answer.texts[0]


def test_questions_about_this_line_are_answered_and_the_question_repeated(talk: Talk) -> None:
    words = {"en": "are you a robot?", "es": "¿es usted un robot?"}[talk.language]
    answer = walk(talk, "hi", words)
    assert len(answer.texts) == 2
    assert SAFETY[talk.language] in answer.texts[1]


@pytest.mark.parametrize(
    "marks", ["/restart", "/need_food", '/thanks{"life": "yes"}', "@/restart", "\u200b/restart", " / /restart"]
)
def test_marks_that_rasa_obeys_do_nothing(talk: Talk, marks: str) -> None:
    """The trap of rasa.md: a resident's "/restart" wiped the conversation."""
    walk(talk, "food", "no")
    answer = talk.say(marks)
    assert talk.state is not None
    assert talk.state["slots"]["needs"] == ["food"]
    assert talk.state["slots"]["safety"] == "no"
    assert {c["command"] for c in answer.commands} & {"escalate", "opt_out", "close"} == set()


def test_a_complaint_gets_an_apology_a_note_for_the_town_and_the_way_to_a_person(talk: Talk) -> None:
    walk(talk, "food", "no", "me", "94110")
    answer = walk(talk, "bad")
    assert {"en": "I am sorry", "es": "Siento"}[talk.language] in answer.texts[0]
    assert PERSON[talk.language] in answer.texts[0]
    assert answer.records == {"feedback": "complaint"}
    assert walk(talk, "bad").commands == [escalate("bot_could_not_help", "urgent", "food")]


@pytest.mark.parametrize("lines", [(), ("food",), ("food", "no", "me", "94110")])
def test_a_wrong_number_gets_a_polite_line_and_no_question(talk: Talk, lines: tuple[str, ...]) -> None:
    answer = walk(talk, *lines, "wrong")
    assert len(answer.texts) == 1
    assert {"en": "Text STOP", "es": "Escriba ALTO"}[talk.language] in answer.texts[0]
    assert "?" not in answer.texts[0]
    assert answer.body["state"]["loop"] is None


@pytest.mark.parametrize(
    ("need", "english_words", "spanish_words"),
    [
        ("youth", "any teen center for my nephew", "hay un centro juvenil para mi sobrino"),
        ("veterans", "i am a veteran and need help with my claim", "soy veterano y necesito ayuda con mi reclamo"),
        ("seniors", "is there a senior center", "hay un centro para adultos mayores"),
        ("storage", "i need a locker for my stuff", "necesito un casillero para mis cosas"),
    ],
)
def test_the_needs_of_some_are_found_and_named(talk: Talk, need: str, english_words: str, spanish_words: str) -> None:
    answer = talk.say({"en": english_words, "es": spanish_words}[talk.language])
    assert need in answer.body["state"]["slots"]["needs"]
