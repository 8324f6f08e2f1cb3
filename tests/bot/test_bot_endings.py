"""How a screening ends and is corrected, left and taken up again, in both languages, with the really trained model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bot.bot_server import Answer, BotServer, Talk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]

ASKED = {
    "safety": {"en": "Is anyone hurt or in danger", "es": "¿Hay alguien herido o en peligro"},
    "for_whom": {"en": "for you or for someone else", "es": "para usted o para otra persona"},
    "needs": {"en": "What do you need? 1 food", "es": "¿Qué necesita? 1 comida"},
    "place": {"en": "What ZIP code or place", "es": "¿Qué código postal o lugar"},
    "spot": {"en": "What street, place or landmark", "es": "¿A qué calle o lugar"},
    "team_ok": {"en": "May we ask a team to go to", "es": "¿Podemos pedir que un equipo vaya a"},
    "mediation_ok": {"en": "May a mediator read this", "es": "¿Puede leer esto un mediador"},
    "text_ok": {"en": "Is it safe for us to text this number", "es": "¿Es seguro mandar textos a este número"},
}
LINES: dict[str, dict[str, str]] = {
    "hi": {"en": "hi", "es": "hola"},
    "yes": {"en": "yes", "es": "sí"},
    "no": {"en": "no", "es": "no"},
    "me": {"en": "for me", "es": "para mí"},
    "food": {"en": "i need food", "es": "necesito comida"},
    "legal": {"en": "i need a lawyer", "es": "necesito un abogado"},
    "skip": {"en": "skip", "es": "omitir"},
    "unsure": {"en": "i don't know", "es": "no sé"},
    "why": {"en": "why do you ask", "es": "¿para qué?"},
    "gun": {"en": "he has a gun", "es": "tiene una pistola"},
    "person": {"en": "PERSON", "es": "PERSONA"},
    "noise": {"en": "zxqv plmk", "es": "zxqv plmk"},
    "thanks": {"en": "thank you", "es": "gracias"},
    "welfare": {"en": "can someone check on my neighbor", "es": "pueden ir a ver a mi vecina"},
    "dispute": {"en": "my neighbor plays loud music every night", "es": "mi vecino pone música alta todas las noches"},
    "spot": {"en": "100 Main Street", "es": "calle Main 100"},
    "better": {"en": "no, at 24th and Mission", "es": "no, en la 24 y Mission"},
    "other": {"en": "another place", "es": "otro lugar"},
    "pothole": {"en": "there is a pothole on my street", "es": "hay un bache en mi calle"},
    "not_food": {"en": "no, not food, a place to sleep", "es": "no, comida no, un lugar para dormir"},
    "instead": {"en": "no, i need a place to sleep", "es": "no, necesito un lugar para dormir"},
    "also": {"en": "i also need diapers", "es": "también necesito pañales"},
    "mom": {"en": "no, for my mom", "es": "no, es para mi mamá"},
}


@pytest.fixture(params=["en", "es"])
def talk(bot: BotServer, request: pytest.FixtureRequest) -> Talk:
    """A new conversation, once in each language."""
    return Talk(bot, request.param)


def walk(talk: Talk, *names: str) -> Answer:
    """Say several lines; a name that is not known is said as it stands. The last answer."""
    answers = [talk.say(LINES[name][talk.language] if name in LINES else name) for name in names]
    return answers[-1]


def back(talk: Talk, name: str, hours: int) -> Answer:
    """Say a line so many hours after the last one."""
    line = LINES[name][talk.language] if name in LINES else name
    asked: dict[str, Any] = {
        "turn_id": "back",
        "conversation": "conversation-1",
        "channel": talk.channel,
        "language": talk.language,
    }
    asked |= {"text": line, "state": talk.state, "community": {"name": "Riverton Cares"}, "away_hours": hours}
    body = json.dumps(asked).encode()
    answer = talk.bot.post(body, talk.bot.signed(body))
    assert answer.status == 200, answer
    talk.state = answer.body["state"]
    return answer


def is_asked(talk: Talk, answer: Answer, question: str) -> bool:
    """Whether the last text puts this question, and the state says so."""
    state = answer.body["state"]
    return ASKED[question][talk.language] in answer.texts[-1] and state["slots"]["requested_slot"] == question


def needs(talk: Talk) -> list[str]:
    """The needs that are known now."""
    assert talk.state is not None
    return list(talk.state["slots"].get("needs", []))


def only(answer: Answer) -> dict[str, Any]:
    """The one command of an answer."""
    [command] = answer.commands
    return command


# Teams


@pytest.fixture
def at_team_ok(talk: Talk) -> Talk:
    """A conversation that has a place for a team, and is asked for consent."""
    assert is_asked(talk, walk(talk, "welfare", "no"), "spot")
    answer = walk(talk, "spot")
    assert is_asked(talk, answer, "team_ok")
    assert "Main" in answer.texts[-1]
    return talk


def test_a_team_is_asked_for_after_place_consent_and_contact_safety(at_team_ok: Talk) -> None:
    asked = walk(at_team_ok, "yes")
    assert asked.records == {"team_consent": "yes"}
    assert is_asked(at_team_ok, asked, "text_ok")
    done = walk(at_team_ok, "yes")
    assert done.records == {"safe_to_text": "yes"}
    command = only(done)
    assert (command["command"], command["needs"]) == ("request_team", ["welfare_check"])
    assert "Main" in command["place"]
    assert done.texts == []
    assert len(json.dumps(at_team_ok.state)) < 1500


def test_web_chat_has_no_number_to_ask_about(bot: BotServer) -> None:
    talk = Talk(bot, "en", channel="webchat")
    assert only(walk(talk, "welfare", "no", "spot", "yes"))["command"] == "request_team"


def test_a_text_that_is_not_safe_is_put_on_the_record(at_team_ok: Talk) -> None:
    done = walk(at_team_ok, "yes", "no")
    assert done.records == {"safe_to_text": "no"}
    assert only(done)["command"] == "request_team"


@pytest.mark.parametrize("name", ["no", "skip", "unsure"])
def test_without_a_yes_no_team_is_asked(at_team_ok: Talk, name: str) -> None:
    answer = walk(at_team_ok, name)
    assert answer.commands == []
    assert {"en": "We did not ask a team", "es": "No pedimos un equipo"}[at_team_ok.language] in answer.texts[0]
    assert is_asked(at_team_ok, walk(at_team_ok, "other"), "spot")
    assert is_asked(at_team_ok, walk(at_team_ok, "24th and Mission"), "team_ok")


def test_a_better_place_is_read_back_before_anybody_goes(at_team_ok: Talk) -> None:
    answer = walk(at_team_ok, "better")
    assert is_asked(at_team_ok, answer, "team_ok")
    assert "24" in answer.texts[-1]
    assert "24" in only(walk(at_team_ok, "yes", "yes"))["place"]


def test_nothing_that_was_not_said_is_consent(at_team_ok: Talk) -> None:
    first = walk(at_team_ok, "noise")
    assert ASKED["team_ok"][at_team_ok.language] in first.texts[-1]
    assert [command["reason"] for command in walk(at_team_ok, "noise").commands] == ["bot_could_not_help"]


def test_who_answers_the_question_of_consent_with_something_else_twice_gets_a_person(at_team_ok: Talk) -> None:
    again = {"en": "for someone else", "es": "es para otra persona"}[at_team_ok.language]
    assert is_asked(at_team_ok, walk(at_team_ok, again), "team_ok")
    answer = walk(at_team_ok, "spot")
    command = only(answer)
    assert (command["command"], command["reason"], command["level"]) == ("escalate", "team_request", "urgent")
    assert {"en": "we did not ask one yet", "es": "Todavía no lo pedimos"}[at_team_ok.language] in answer.texts[0]


@pytest.mark.parametrize("name", ["no", "skip"])
def test_a_yes_that_comes_late_puts_the_question_of_consent_again(at_team_ok: Talk, name: str) -> None:
    walk(at_team_ok, name)
    late = walk(at_team_ok, "yes")
    assert late.commands == []
    assert is_asked(at_team_ok, late, "team_ok")
    assert "Main" in late.texts[-1]
    assert only(walk(at_team_ok, "yes", "yes"))["command"] == "request_team"


@pytest.mark.parametrize("name", ["gun", "person"])
def test_danger_and_a_person_win_over_the_question_of_consent(at_team_ok: Talk, name: str) -> None:
    reason = {"gun": "danger_said", "person": "asked_for_person"}[name]
    assert only(walk(at_team_ok, name))["reason"] == reason


def test_a_zip_alone_is_no_place_for_a_team(talk: Talk) -> None:
    first = {"en": "can someone check on my neighbor, 94110", "es": "pueden ir a ver a mi vecina, 94110"}
    assert is_asked(talk, walk(talk, first[talk.language], "no"), "spot")


def test_a_team_without_a_place_becomes_a_person(talk: Talk) -> None:
    answer = walk(talk, "welfare", "no", "skip")
    assert only(answer)["reason"] == "team_request"
    assert {"en": "without a place", "es": "Sin un lugar"}[talk.language] in answer.texts[0]


def test_services_and_a_team_in_one_screening(talk: Talk) -> None:
    answer = walk(talk, "welfare", "no", "food", "me", "spot", "yes", "yes")
    assert [command["command"] for command in answer.commands] == ["find_services", "request_team"]


# Mediation


def test_a_dispute_ends_with_a_mediator_when_that_is_wanted(talk: Talk) -> None:
    assert is_asked(talk, walk(talk, "dispute", "no"), "mediation_ok")
    assert is_asked(talk, walk(talk, "yes"), "place")
    assert is_asked(talk, walk(talk, "94110"), "text_ok")
    done = walk(talk, "yes")
    assert only(done) == {"command": "open_mediation", "need": "dispute", "zip": "94110"}


def test_no_mediator_without_a_yes(talk: Talk) -> None:
    answer = walk(talk, "dispute", "no", "no")
    assert answer.commands == []
    assert {"en": "We did not ask a mediator", "es": "No pedimos un mediador"}[talk.language] in answer.texts[0]
    assert answer.records == {"mediation_consent": "no"}


def test_a_mediator_that_was_neither_agreed_to_nor_refused_becomes_a_person(talk: Talk) -> None:
    assert is_asked(talk, walk(talk, "dispute", "no"), "mediation_ok")
    answer = walk(talk, "dispute", "dispute")
    assert only(answer)["reason"] == "bot_could_not_help"
    assert {"en": "we did not ask one yet", "es": "Todavía no lo pedimos"}[talk.language] in answer.texts[0]
    assert is_asked(talk, walk(talk, "yes"), "mediation_ok")


# 911 guidance and elsewhere


def test_a_yes_to_safety_leaves_the_words_to_the_gateway(talk: Talk) -> None:
    answer = walk(talk, "hi", "yes")
    assert answer.texts == []
    assert only(answer)["reason"] == "danger_said"


@pytest.mark.parametrize("lines", [(), ("hi",), ("hi", "no"), ("food", "no", "me", "94110")])
def test_a_matter_of_the_city_is_sent_to_its_line_and_the_question_stays_open(
    talk: Talk, lines: tuple[str, ...]
) -> None:
    before = walk(talk, *lines).body["state"]["slots"].get("requested_slot") if lines else None
    answer = walk(talk, "pothole")
    assert only(answer) == {"command": "refer_elsewhere", "kind": "city"}
    assert answer.body["state"]["slots"].get("requested_slot") == before


# Skip, and answers to a menu


@pytest.mark.parametrize(
    ("lines", "then"),
    [(("hi",), "for_whom"), (("hi", "no"), "needs"), (("welfare",), "spot"), (("food", "no"), "place")],
)
def test_skip_goes_on_to_the_next_question(talk: Talk, lines: tuple[str, ...], then: str) -> None:
    assert is_asked(talk, walk(talk, *lines, "skip"), then)


@pytest.mark.parametrize("name", ["skip", "unsure"])
def test_skip_at_the_need_asks_for_own_words_and_then_a_person(talk: Talk, name: str) -> None:
    answer = walk(talk, "hi", "no", "me", name)
    assert answer.texts == [{"en": "What do you need? Tell me in your own words.",
                             "es": "¿Qué necesita? Lo puede decir con sus palabras."}[talk.language]]  # fmt: skip
    assert [command["reason"] for command in walk(talk, name).commands] == ["bot_could_not_help"]


def test_a_need_after_skip_is_taken(talk: Talk) -> None:
    assert only(walk(talk, "hi", "no", "me", "skip", "legal", "94110"))["needs"] == ["legal"]


@pytest.mark.parametrize(
    ("who", "need", "found"),
    [("1", "1", "food"), ("one", "the first", "food"), ("uno", "la primera", "food"),
     ("el 2", "the second one", "shelter"), ("dos", "número 4 por favor", "health"), ("2", "five", "utilities")],
)  # fmt: skip
def test_a_number_a_word_or_an_ordinal_answers_a_menu(talk: Talk, who: str, need: str, found: str) -> None:
    command = only(walk(talk, "hi", "no", who, need, "94110"))
    assert command["needs"] == [found]
    assert command["for_whom"] == ("other" if who in ("2", "dos", "el 2") else "self")


@pytest.mark.parametrize("words", ["2 kids need diapers", "2 niños necesitan pañales"])
def test_free_text_beats_a_digit(talk: Talk, words: str) -> None:
    walk(talk, "hi", "no", "me", words)
    assert needs(talk) == ["baby"]


# Corrections and new needs


@pytest.mark.parametrize("name", ["not_food", "instead"])
def test_a_need_that_was_taken_back_is_not_searched(talk: Talk, name: str) -> None:
    answer = walk(talk, "food", "no", "me", name)
    assert is_asked(talk, answer, "place")
    assert only(walk(talk, "94110"))["needs"] == ["shelter"]


def test_a_need_taken_back_after_the_services_is_not_searched_again(talk: Talk) -> None:
    assert only(walk(talk, "food", "no", "me", "94110", "not_food"))["needs"] == ["shelter"]


def test_a_new_need_in_the_middle_is_added(talk: Talk) -> None:
    assert set(only(walk(talk, "food", "no", "also", "me", "94110"))["needs"]) == {"food", "baby"}


def test_a_correction_of_the_person_keeps_the_need(talk: Talk) -> None:
    assert is_asked(talk, walk(talk, "food", "no", "me", "mom"), "place")
    command = only(walk(talk, "94110"))
    assert (command["needs"], command["for_whom"]) == (["food"], "other")


@pytest.mark.parametrize("words", ["i have no food and no place to sleep", "no tengo comida ni donde dormir"])
def test_having_none_of_it_is_a_need_and_no_correction(bot: BotServer, words: str) -> None:
    talk = Talk(bot, "es" if "tengo" in words else "en")
    walk(talk, words)
    assert set(needs(talk)) == {"food", "shelter"}


def test_eight_needs_in_one_message_are_all_kept(talk: Talk) -> None:
    told = {
        "en": "i need food, a shelter, help with rent, a dentist, diapers, clothes, a lawyer and a job",
        "es": "necesito comida, un albergue, ayuda con la renta, un dentista, pañales, ropa, un abogado y trabajo",
    }[talk.language]
    wanted = {"food", "shelter", "housing", "dental", "baby", "clothing", "legal", "jobs"}
    answer = walk(talk, told)
    assert set(needs(talk)) == wanted
    assert len(answer.body["commands"]) == 8
    assert len(json.dumps(talk.state)) < 1500
    assert set(only(walk(talk, "no", "me", "94110"))["needs"]) == wanted


# Coming back


def test_after_three_days_the_screening_is_taken_up_with_a_welcome_and_safety_first(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    answer = back(talk, "hi", 72)
    assert {"en": "Welcome back. You asked about food", "es": "Usted preguntó por comida"}[
        talk.language
    ] in answer.texts[0]
    assert is_asked(talk, answer, "safety")
    assert is_asked(talk, walk(talk, "no"), "place")
    assert only(walk(talk, "94110"))["needs"] == ["food"]


def test_a_late_answer_is_kept_and_safety_asked(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    assert is_asked(talk, back(talk, "94103", 72), "safety")
    command = only(walk(talk, "no"))
    assert (command["needs"], command["zip"]) == (["food"], "94103")


def test_a_late_yes_is_no_answer_to_a_question_of_days_ago(talk: Talk) -> None:
    walk(talk, "hi")
    answer = back(talk, "yes", 72)
    assert answer.commands == []
    assert is_asked(talk, answer, "safety")


def test_another_need_after_days_drops_the_half_done_one(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    back(talk, "legal", 72)
    assert needs(talk) == ["legal"]


def test_a_need_that_others_should_not_see_is_not_named(talk: Talk) -> None:
    walk(talk, "dispute", "no")
    answer = back(talk, "hi", 13)
    assert {"en": "Welcome back. We can go on", "es": "Hola otra vez. Podemos seguir"}[talk.language] in answer.texts[0]


def test_after_a_week_all_begins_anew_with_a_kind_word(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    answer = back(talk, "hi", 24 * 7)
    assert {"en": "Hi again", "es": "Hola otra vez"}[talk.language] in answer.texts[0]
    assert {"en": "not 911", "es": "no el 911"}[talk.language] in answer.texts[0]
    assert is_asked(talk, answer, "safety")
    assert needs(talk) == []


def test_within_half_a_day_nothing_is_said_about_it(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    assert only(back(talk, "94110", 11))["needs"] == ["food"]


def test_thanks_after_days_end_it_politely(talk: Talk) -> None:
    walk(talk, "food", "no", "me")
    assert only(back(talk, "thanks", 72)) == {"command": "close"}


@pytest.mark.parametrize("hours", [-5, 10**12, "72", None, True, 1.5])
def test_nonsense_about_the_time_away_breaks_nothing(bot: BotServer, hours: Any) -> None:
    talk = Talk(bot, "en")
    walk(talk, "food")
    assert back(talk, "no", hours).texts
