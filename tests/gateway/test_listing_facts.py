"""The next word after a list, as residents say it: each answers what was asked, in the language that was used."""

from typing import Any

import pytest
from sqlalchemy import text, update

from gateway import texts
from gateway.directory import hours_words
from gateway.directory.choices import FACTS
from gateway.models import Referral, SearchLog
from gateway.models.directory import CostOption, Service
from gateway.segments import count
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.follow_up_street import Street
from tests.gateway.test_listing import clock, last, listed_names, served, street, suggest

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # many conversations on the real store

SAID = {
    "fees_description": "Free for all",
    "application_process": "Walk in, no form",
    "wait_time": "About 20 minutes",
    "alert": "Use the side door",
    "eligibility_description": "Anybody who is hungry",
    "interpretation_services": "Spanish every day",
    "description": "Bags of food for a week",
}


@pytest.fixture
def full(street: Street) -> Street:
    """A town where every service says everything."""
    with street.database.begin() as session:
        session.execute(update(Service).values(**SAID))
        session.execute(text("DELETE FROM translation WHERE field <> 'name'"))
        session.execute(
            text(
                "INSERT INTO accessibility (dataset, id, location_id, description)"
                " SELECT dataset, 'ramp-' || id, id, 'Ramp at the back' FROM location"
            )
        )
    return street


QUESTIONS = {
    "hours": ("what time do they open", "¿a qué hora abren?", ""),
    "cost": ("how much does it cost?", "¿cuánto cuesta?", "Free for all"),
    "papers": ("what do i bring", "¿qué tengo que llevar?", ""),
    "who": ("who can go?", "¿para quién es?", "Anybody who is hungry"),
    "apply": ("how do i apply", "¿hay que hacer cita?", "Walk in, no form"),
    "speaks": ("do they speak spanish", "¿hablan español?", "Spanish every day"),
    "access": ("is it wheelchair accessible?", "¿tienen rampa?", "Ramp at the back"),
    "web": ("website", "página web", ""),
    "about": ("tell me more", "más información", "Bags of food for a week"),
}


def test_every_kind_of_question_is_tried() -> None:
    assert set(QUESTIONS) == set(FACTS)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_question_after_details_is_about_that_service(full: Street, bot: FakeRasa, kind: str, place: int) -> None:
    asked, known = QUESTIONS[kind][place], QUESTIONS[kind][2]
    listed = served(full, bot, body=("i need some food please", "necesito comida por favor")[place])
    full.text("2")
    [told] = full.text(asked)
    assert told.startswith(f"2) {listed_names(listed)[1]}")
    assert known in told
    assert count(told).segments <= (2, 3)[place]
    assert len(bot.requests) == 1


@pytest.mark.parametrize("kind", sorted(set(QUESTIONS) - {"about"}))
def test_the_same_question_about_nothing_else_is_about_each_of_the_list(full: Street, bot: FakeRasa, kind: str) -> None:
    names = listed_names(served(full, bot))
    [told] = full.text(QUESTIONS[kind][0])
    assert [line[:2] for line in told.splitlines()] == ["1)", "2)", "3)"][: len(names)]
    assert count(told).segments <= 2
    assert len([row for row in full.all(Referral) if row.viewed_at]) == len(names)


def test_with_a_number_it_is_about_that_one(full: Street, bot: FakeRasa) -> None:
    names = listed_names(served(full, bot))
    for words in ("hours 3", "is 3 open?", "costo del 3", "requirements for 3"):
        told = full.text(words)[-1]
        assert told.startswith(f"3) {names[2]}" if "costo" not in words else "3) Caja de comida"), words
    assert full.text("hours 9")[-1] == texts.say("list_number", "en", most=3)


def test_more_about_none_of_them_asks_which(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    assert street.text("tell me more") == [texts.say("list_number", "en", most=3)]


def test_what_is_not_known_is_said_with_whom_to_ask(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        session.execute(update(Service).values(application_process=None, wait_time=None))
    served(street, bot)
    street.text("1")
    [told] = street.text("how do i apply")
    assert "We do not know. Call and ask." in told
    assert "Call 415-555-" in told


def test_prices_are_told_where_there_is_no_prose(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        session.execute(update(Service).values(fees_description=None))
        session.execute(text("DELETE FROM cost_option"))
        for row in session.query(Service).all():
            session.add_all([
                CostOption(dataset=row.dataset, id=f"c1-{row.id}", service_id=row.id, option="Visit", amount=12.5),
                CostOption(dataset=row.dataset, id=f"c2-{row.id}", service_id=row.id, option="Child", amount=3),
            ])  # fmt: skip
    served(street, bot)
    street.text("1")
    [told] = street.text("how much")
    assert "Cost: Child: $3; Visit: $12.50" in told


def test_details_begin_with_what_changed(full: Street, bot: FakeRasa) -> None:
    served(full, bot)
    [told] = full.text("1")
    assert "Note: Use the side door" in told
    assert count(told).segments <= 2


def test_a_page_has_room_for_everything(full: Street, bot: FakeRasa) -> None:
    full.channel = "webchat"
    suggest(bot, {"command": "find_services", "needs": ["food"], "zip": "94110"})
    full.text("food")
    [told] = full.text("1")
    for name in set(SAID) - {"description", "interpretation_services"}:
        assert SAID[name] in told
    assert "Ramp at the back" in told


@pytest.mark.parametrize("words", ["show list", "again", "otra vez", "la lista"])
def test_the_list_is_told_again(street: Street, bot: FakeRasa, words: str) -> None:
    listed = served(street, bot)
    street.text("2")
    [told] = [said for said in street.text(words) if "1) " in said]
    assert len(listed_names(told)) == len(listed_names(listed))
    assert last(street)["shown"][0].startswith("demo-town:")


def test_open_now_looks_beyond_the_list(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    everything = last(street)["all"]
    furthest = everything[2]
    with street.database.begin() as session:
        session.execute(text("DELETE FROM schedule"))
        session.execute(text("UPDATE search_entry SET week = NULL"))
        open_id = furthest.partition(":")
        session.execute(
            text(
                "INSERT INTO schedule (dataset, id, service_id, freq, byday, opens_at, closes_at)"
                " VALUES (:dataset, 'now', :id, 'WEEKLY', 'MO,TU,WE,TH,FR,SA,SU', '00:00', '23:59')"
            ),
            {"dataset": open_id[0], "id": open_id[2]},
        )
    _shorten(street, everything[:2])
    asked = len(street.all(SearchLog))
    street.text("open now")
    assert last(street)["shown"] == [furthest, *everything[:2]]  # of the others nobody knows
    assert len(street.all(SearchLog)) == asked  # one question, one search in the table of needs


@pytest.mark.parametrize(("words", "code"), [("open now", "en"), ("abierto ahora", "es")])
def test_whose_hours_nobody_knows_are_not_left_out_of_what_is_open(
    street: Street, bot: FakeRasa, words: str, code: str
) -> None:
    """To leave them out would filter by what the publisher does not say: somebody may be there."""
    served(street, bot)
    with street.database.begin() as session:
        session.execute(text("DELETE FROM schedule"))
    *_, lead, told = street.text(words)
    assert lead == texts.say("open_not_known", code)
    assert len(listed_names(told)) == 3
    assert hours_words.say("call_first", code) in told


@pytest.mark.parametrize(("words", "hour_before_opening"), [("open today", True), ("abierto hoy", False)])
def test_open_today_takes_those_that_open_later(
    street: Street, bot: FakeRasa, words: str, hour_before_opening: bool
) -> None:
    with street.database.begin() as session:
        session.execute(text("UPDATE schedule SET opens_at = '15:00', closes_at = '16:00', byday = 'MO'"))
    served(street, bot)
    street.clock.forward(minutes=0 if hour_before_opening else 150)  # it was two in the afternoon
    told = street.text(words)
    none = texts.say("none_open", "en" if hour_before_opening else "es")
    assert (none in told) is not hour_before_opening


def test_closer_looks_beyond_the_list(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    everything = last(street)["all"]
    near = {each: each for each in everything}
    assert near
    _shorten(street, everything[-2:])
    told = street.text("too far")
    assert set(last(street)["ids"]) > set(everything[-2:])
    assert listed_names(told[-1])


@pytest.mark.parametrize("words", ["94103", "zip 94103", "I am near 94103.", "estoy en 94103"])
def test_a_zip_that_was_asked_for_is_searched_near(street: Street, bot: FakeRasa, words: str) -> None:
    served(street, bot, find={"command": "find_services", "needs": ["food"]})
    assert street.text("closer") == [texts.say("closer_where", "en")]
    told = street.text(words)
    assert listed_names(told[-1])
    assert last(street)["zip"] == "94103"
    assert len(bot.requests) == 1


def test_a_zip_that_nobody_asked_for_is_the_bots(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    assert street.text("94103") == ["from the bot"]


def _shorten(street: Street, ids: list[str]) -> None:
    """As if the list had had no more services."""
    from gateway.models import Conversation  # noqa: PLC0415

    with street.database.begin() as session:
        row: Any = session.query(Conversation).one()
        row.last_search = {**row.last_search, "all": ids, "ids": ids, "shown": ids, "next": len(ids)}
