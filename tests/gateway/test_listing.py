"""The next word after a list of services: read before the bot, behind everything else, and it closes no question."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from gateway import listing, offering, texts
from gateway.conversations import WEBCHAT
from gateway.directory import hours_words
from gateway.directory.wanted import Found, PlaceChoice
from gateway.models import Consent, Conversation, Message, Referral
from gateway.models.directory import Location, Service
from gateway.segments import count
from tests.fakes.fake_rasa import NONSENSE, FakeRasa
from tests.gateway.follow_up_street import FOOD, Street, clock, street, suggest

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # many conversations on the real store

OFFER = {code: texts.say("follow_up_offer", code, days=2) for code in ("en", "es")}


def served(street: Street, bot: FakeRasa, body: str = "i need some food please", find: Any = FOOD) -> str:
    """A list of services; returns its text. The bot answers "from the bot" from now on."""
    suggest(bot, find)
    said = street.text(body)
    suggest(bot, text="from the bot")
    [listed] = [text for text in said if "1) " in text]
    return listed


def listed_names(text: str) -> list[str]:
    return [line[3:].split(",")[0] for line in text.splitlines() if line[:2] in {"1)", "2)", "3)"}]


def last(street: Street) -> dict[str, Any]:
    found = street.all(Conversation)[-1].last_search
    assert found is not None
    return dict(found)


def test_the_first_of_the_list_is_told_and_the_question_stays_open(street: Street, bot: FakeRasa) -> None:
    listed = served(street, bot)
    assert street.said()[-1] == OFFER["en"]
    [told] = street.text("1")
    assert told.startswith(f"1) {listed_names(listed)[0]}")
    assert "415-555-01" in told
    assert (street.menu(), street.follow_up().state) == ("follow_up_offer", "offered")
    assert street.text("YES") == [texts.say("follow_up_agreed", "en", days=2)]
    assert street.one(Consent).given
    [told] = street.text("the second one")
    assert told.startswith(f"2) {listed_names(listed)[1]}")
    assert street.follow_up().state == "agreed"
    assert len(bot.requests) == 1


def test_the_same_on_a_page(street: Street, bot: FakeRasa) -> None:
    street.channel = WEBCHAT
    suggest(bot, {"command": "find_services", "needs": ["baby", "food"], "zip": "94103"})
    listed = street.text("need diapers and food for my baby 94103")[-1]
    suggest(bot, text="from the bot")
    [told] = street.text("1")
    assert told.splitlines()[0] == listed.split("\n\n")[1].splitlines()[0]
    assert listed.split("\n\n")[1].splitlines()[1] in told
    assert len(bot.requests) == 1


def test_details_say_papers_and_hours_of_the_week(street: Street, bot: FakeRasa) -> None:
    listed = served(street, bot)
    number = listed_names(listed).index("Demo Town Family Food Box") + 1
    [told] = street.text(str(number))
    assert "Bring: Any paper with your address" in told
    assert "Call 415-555-0103" in told
    assert "315 Sample Ave" in told
    assert "Tue, Thu noon-6pm" in told
    assert count(told).segments <= 2
    viewed = [row for row in street.all(Referral) if row.viewed_at is not None]
    assert [(row.name, row.state) for row in viewed] == [("Demo Town Family Food Box", "offered")]


def test_more_goes_through_the_list_once_and_says_its_end(street: Street, bot: FakeRasa) -> None:
    told = listed_names(served(street, bot))
    street.clock.forward(hours=2)  # another order, were it searched again
    for _ in range(30):
        said = street.text("more")[0]
        if said == texts.say("no_more_services", "en"):
            break
        told += listed_names(said)
        if "Reply MORE" not in said:
            assert said.endswith(texts.say("services_footer_end", "en"))
    else:
        pytest.fail("the list has no end")
    assert len(told) == len(set(told)) == len(last(street)["all"])
    assert street.text("more") == [texts.say("no_more_services", "en")]
    shown = len(last(street)["shown"])
    assert street.text(str(shown))[0].startswith(f"{shown}) {told[-1]}"), "its last numbers can still be chosen"
    assert len(bot.requests) == 1


def test_numbers_are_those_of_the_last_list(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    more = street.text("más")[0]
    assert street.text("2")[0].startswith(f"2) {listed_names(more)[1]}")


def test_open_now_lists_what_is_open_and_then_what_nobody_knows(street: Street, bot: FakeRasa) -> None:
    street.clock.forward(hours=4)  # six in the evening: the pantry is closed, the kitchen is open
    served(street, bot)
    [said] = street.text("open now")
    doors = [line.rsplit(", ", 1)[-1] for line in said.splitlines() if line[1:2] == ")"]
    assert doors[0].startswith("Open until")
    assert not any(door.startswith(("Opens", "Closed")) for door in doors)
    assert "Demo Town Community Kitchen" in said


def test_another_day_stays_the_day_until_now_is_asked_for(street: Street, bot: FakeRasa) -> None:
    tomorrow = (street.clock().astimezone(ZoneInfo("America/Los_Angeles")).weekday() + 1) % 7
    days = {code: f", {hours_words.say(f'day_{tomorrow}', code)}: " for code in ("en", "es")}
    suggest(bot, {"command": "record", "field": "when", "value": "tomorrow"}, FOOD)
    [listed] = [text for text in street.text("i need some food tomorrow please") if "1) " in text]
    suggest(bot, text="from the bot")
    assert days["en"] in listed
    assert days["en"] in street.text("more")[0]
    assert days["es"] in street.text("español")[0]
    assert days["es"] not in street.text("abierto ahora")[0]


def test_before_a_day_on_which_something_is_due_the_hours_are_of_now(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "record", "field": "when", "value": "tomorrow"}, FOOD)
    [listed] = [text for text in street.text("they shut my lights off tomorrow, and food") if "1) " in text]
    assert "Open until" in listed


def test_closer_sorts_by_the_way_or_says_that_nothing_is_nearer(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    [said] = street.text("closer")
    if said != texts.say("closer_none", "en"):
        assert listed_names(said)
        assert street.text("closer") == [texts.say("closer_none", "en")]


def test_closer_asks_where_when_no_place_is_known(street: Street, bot: FakeRasa) -> None:
    served(street, bot, find=FOOD | {"zip": None})
    assert street.text("anything closer?") == [texts.say("closer_where", "en")]


@pytest.mark.parametrize(
    ("words", "near"), [("94103", "94103"), ("by the demo general hospital", "Demo General Hospital")]
)
def test_the_place_that_closer_asked_for(street: Street, bot: FakeRasa, words: str, near: str) -> None:
    served(street, bot, find=FOOD | {"zip": None})
    street.text("closer")
    asked = len(bot.requests)
    [said] = [text for text in street.text(words) if "1) " in text]
    assert near in said.splitlines()[0]
    assert len(bot.requests) == asked


def test_what_is_no_place_goes_on_to_the_bot(street: Street, bot: FakeRasa) -> None:
    served(street, bot, find=FOOD | {"zip": None})
    street.text("closer")
    for words in ("thanks anyway", "what about clothes", "I do not want to say", "i am so tired"):
        asked = len(bot.requests)
        street.text(words)
        assert len(bot.requests) == asked + 1, words
        street.text("closer")


def test_a_map_is_a_plain_link_and_call_a_number(street: Street, bot: FakeRasa) -> None:
    listed = served(street, bot)
    assert street.text("map") == [texts.say("which_map", "en")]
    [said] = street.text("map 1")
    [link] = [word for word in said.split() if word.startswith("http")]
    assert link.startswith("https://maps.google.com/?q=37.7")
    assert len(link) <= 70
    assert "food" not in link.lower()
    assert street.text("call 2")[0].splitlines()[0] == listed_names(listed)[1]
    street.text("3")
    [said] = street.text("call")
    assert said.splitlines()[0] == listed_names(listed)[2]
    assert "Call 415-555-01" in said


def test_no_map_of_a_private_address_nor_for_who_fears_somebody(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    with street.database.begin() as session:
        session.execute(update(Location).values(confidential=True))
    [said] = street.text("map 1")
    assert "http" not in said
    assert "does not give out its address" in said
    assert "Demo St" not in said
    with street.database.begin() as session:
        session.execute(update(Location).values(confidential=False))
    served(street, bot, find={"command": "find_services", "needs": ["domestic_violence"], "zip": "94110"})
    for number in range(1, len(last(street)["shown"]) + 1):
        assert "http" not in street.text(f"map {number}")[0]


def test_a_service_that_was_dropped_is_said_to_be_gone(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    with street.database.begin() as session:
        session.execute(update(Service).values(status="inactive"))
    assert street.text("1") == [texts.say("service_gone", "en")]
    assert street.text("more") == [texts.say("no_more_services", "en")]


def test_the_list_again_in_spanish_with_the_question(street: Street, bot: FakeRasa) -> None:
    listed = served(street, bot)
    said = street.text("in Spanish")
    assert "Responda MAS" in said[0]
    assert listed.count("415-555-01") == said[0].count("415-555-01")
    assert said[1:] == [OFFER["es"]]
    assert street.menu() == "follow_up_offer"
    assert "Llame al 415-555-01" in street.text("1")[0]
    assert len(bot.requests) == 1


def test_it_works_without_the_bot_and_the_menu_keeps_what_is_not_the_list_s(street: Street, bot: FakeRasa) -> None:
    bot.behave = NONSENSE["http 503"]
    street.text("necesito ayuda por favor con algo")
    listed = street.text("1")[0]
    assert street.text("2")[0].startswith("2) ")
    assert listed_names(street.text("más")[0])
    assert "415" in street.text("llamar al 1")[0]
    assert "\n8 ayuda legal" in street.text("8")[-1]  # the menu's: no list is that long
    assert "1) " in street.text("8")[0]
    assert listed_names(listed)


def test_a_number_beyond_the_list_is_said_so(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    assert street.text("7") == [texts.say("list_number", "en", most=3)]


def test_thanks_ends_the_conversation_and_the_list_is_still_there(street: Street, bot: FakeRasa) -> None:
    listed = served(street, bot)
    suggest(bot, {"command": "close"})
    street.text("thank you so much")
    suggest(bot, text="from the bot")
    [told] = street.text("2")
    assert told.startswith(f"2) {listed_names(listed)[1]}")


@pytest.mark.parametrize(
    "later",
    [
        ("the bot asks", "from the bot", {"loop": "screening_form", "slots": {}}),
        ("the bot shows a menu", "from the bot", {"loop": None, "slots": {"menu": ["food", "shelter"]}}),
        ("a numbered text", "Which of these?\n1 food\n2 a place to sleep", None),
    ],
    ids=lambda later: later[0],
)
def test_later_numbers_are_not_the_list_s(street: Street, bot: FakeRasa, later: tuple[str, str, Any]) -> None:
    served(street, bot)
    suggest(bot, text=later[1], state=later[2])
    street.text("and then what about my cousin")
    suggest(bot, text="from the bot")
    assert street.text("1") == ["from the bot"]


def test_after_some_days_the_numbers_are_forgotten(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    street.clock.forward(days=3, minutes=1)
    assert street.text("1") == ["from the bot"]


@pytest.mark.parametrize("body", ["2 kids need diapers", "hello", "call my mother please", "cerca del hospital", "ok"])
def test_what_is_no_choice_goes_to_the_bot(street: Street, bot: FakeRasa, body: str) -> None:
    served(street, bot)
    assert street.text(body)[-1] == "from the bot"


def test_danger_stop_and_the_check_question_come_first(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    assert "911" in street.text("he is going to kill me")[0]
    assert street.text("1") == [texts.say("person_asked_nobody_on_shift", "en")]  # the bot steps back, and so do we
    street.text("STOP")
    assert street.text("1") == []


def test_a_responder_s_thread_is_left_alone(street: Street, bot: FakeRasa) -> None:
    from gateway.conversations import hand_over  # noqa: PLC0415

    served(street, bot)
    with street.database.begin() as session:
        hand_over(session, session.get_one(Conversation, 1), street.clock())
    assert street.text("1") == []


PLACES = (PlaceChoice("St. Mary's Hospital", 37.75, -122.42), PlaceChoice("General Hospital", 37.772, -122.41))


@pytest.mark.parametrize("reply", ["2", "the second", "General Hospital"])
def test_a_place_with_several_readings_is_asked_about_and_chosen(
    street: Street, bot: FakeRasa, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    true_search = offering.search

    def search(session: Any, wanted: Any, *args: Any, **more: Any) -> Found:
        if wanted.chosen is None and wanted.place == "the hospital":
            return Found([], 0, None, wanted.place, 0, street.clock(), places=PLACES)
        return true_search(session, wanted, *args, **more)

    monkeypatch.setattr(offering, "search", search)
    suggest(bot, FOOD | {"zip": None, "place": "the hospital"})
    said = street.text("food near the hospital please")
    [question] = [text for text in said if "Hospital" in text]
    assert count(question).segments == 1
    assert "2 General Hospital" in question
    suggest(bot, text="from the bot")
    said = street.text(reply)
    assert said[0].startswith("Near General Hospital")
    assert said[1:] == [OFFER["en"]]
    assert len(bot.requests) == 1
    assert street.text("1")[0].startswith("1) ")
    assert [row.handled_by for row in street.all(Message) if row.direction == "in"][1:] == [listing.BY] * 2


@pytest.mark.parametrize("said", ["OPEN NOW", "abierto ahora", "more", "closer"])
def test_a_word_about_the_list_is_no_place(street: Street, bot: FakeRasa, said: str) -> None:
    suggest(bot, FOOD | {"zip": None, "place": said})
    told = street.text("i need food please")
    assert not any(said in text for text in told)
    assert last(street)["place"] is None
    suggest(bot, FOOD | {"zip": None, "place": "Moore Street"})
    street.text("i need food near there")
    assert last(street)["place"] == "Moore Street"


def test_more_at_the_open_question_of_place_asks_it_again(
    street: Street, bot: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        offering, "search", lambda _session, wanted, *_, **__: Found([], 0, None, wanted.place, 0, places=PLACES)
    )
    suggest(bot, FOOD | {"zip": None, "place": "the hospital"})
    asked = next(text for text in street.text("food near the hospital please") if "Hospital" in text)
    suggest(bot, {"command": "more_services"}, text="")
    assert asked in street.text("more")
    assert len(last(street)["places"]) == len(PLACES)


def test_a_list_from_before_an_update_is_not_asked_about(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    with street.database.begin() as session:
        old = {"needs": ["food"], "zip": "94110", "place": None, "for_whom": None, "offset": 0}
        session.execute(update(Conversation).values(last_search=old))
    assert street.text("1") == ["from the bot"]


def test_the_list_is_heard_for_so_long() -> None:
    assert timedelta(days=2) < listing.LASTS < timedelta(days=7)
