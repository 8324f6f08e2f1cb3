"""The facts of the packet: whose words, when, whether anybody checked; what is not known is one of them."""

from datetime import datetime, timedelta

import pytest

from gateway import escalations, handoff911
from gateway.community import AnsweringPoint, Zone, load
from gateway.conversations import WEBCHAT
from gateway.db import Database
from gateway.handoff911 import NAMES, NEED, ON_FILE, Fact, newest, unknown
from gateway.models import Conversation
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import NOW, Night

pytestmark = pytest.mark.slow


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys)


def held(known: list[Fact], name: str) -> list[Fact]:
    return [each for each in known if each.name == name]


def test_each_kind_of_fact_is_there_known_or_not(night: Night) -> None:
    night.text("i took all my pills")
    known = night.facts(night.person())
    assert {each.name for each in known} == set(NAMES)
    assert {each.name for each in unknown(known)} == {"place", "weapons", "people", "access", "age"}
    assert not any(each.asked or each.source != "nobody" or each.at for each in unknown(known))


def test_the_words_are_the_residents_with_the_time_they_came(night: Night) -> None:
    message = night.text("i took all my pills an hour ago")
    [what] = held(night.facts(night.person()), "what")
    assert (what.value, what.kind, what.source) == ("i took all my pills an hour ago", "quote", "resident")
    assert (what.at, what.message_id, what.language) == (night.at, message, "en")
    assert what.meaning
    assert set(what.meaning) == {"en", "es"}


def test_the_gravest_words_come_first_and_then_the_newest(night: Night) -> None:
    night.text("i want to die")
    night.text("i just took all my pills")
    night.text("i dont want to live anymore")
    first = held(night.facts(night.person()), "what")[0]
    assert first.value == "i just took all my pills"


def test_a_spanish_thread_keeps_its_words(night: Night) -> None:
    night.text("me tomé todas las pastillas y tengo un cuchillo, estoy en la 24 con Mission")
    known = night.facts(night.person())
    assert held(known, "weapons")[0].value == held(known, "medical")[0].value == held(known, "what")[0].value
    assert newest(known, "language").said_in("en") == "Spanish"
    assert newest(known, "what").language == "es"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("theres a gun in the house", "weapons"),
        ("my dad no tiene pistola", "weapons"),
        ("he is diabetic and needs insulin", "medical"),
        ("está sangrando mucho", "medical"),
        ("im 15 years old", "age"),
        ("tengo 16 años", "age"),
    ],
)
def test_words_of_weapons_health_and_age_are_quoted_and_not_read(night: Night, words: str, name: str) -> None:
    night.text("i want to kill myself")
    night.text(words)
    assert words in [each.value for each in held(night.facts(night.person()), name)]


@pytest.mark.parametrize(
    ("words", "name", "quoted"),
    [
        ("She is 80. 12 Oak St, 94110. There is a big dog", "place", "12 Oak St, 94110."),
        ("we are at the park by the fountain", "place", "we are at the park by the fountain"),
        ("venga pronto. estoy en la calle Roble 12", "place", "estoy en la calle Roble 12"),
        ("esquina de Mission y 16", "place", "esquina de Mission y 16"),
        ("please hurry! she uses a wheelchair", "access", "she uses a wheelchair"),
        ("él es sordo", "access", "él es sordo"),
        ("she is 80 and lives alone", "age", "she is 80 and lives alone"),
    ],
)
def test_what_was_written_and_never_asked_is_known(night: Night, words: str, name: str, quoted: str) -> None:
    night.text("i want to kill myself")
    night.text(words)
    fact = newest(night.facts(night.person()), name)
    assert (fact.value, fact.kind, fact.source, fact.confirmed) == (quoted, "quote", "resident", False)


def test_what_was_told_when_asked_goes_before_what_was_written(night: Night) -> None:
    night.text("i want to kill myself")
    night.text("i am deaf and at 12 Oak St")
    night.told(place="by the library", access="wheelchair")
    known = night.facts(night.person())
    assert [each.value for each in held(known, "place")] == ["by the library"]
    assert [each.value for each in held(known, "access")] == ["wheelchair"]


@pytest.mark.parametrize("words", ["im at the end of my rope", "i have 2 kids and no way out", "ya no puedo"])
def test_words_of_no_place_are_none(night: Night, words: str) -> None:
    night.text("i want to kill myself")
    night.text(words)
    assert newest(night.facts(night.person()), "place").value is None


@pytest.mark.parametrize("words", ["my shotgunned plans", "armario viejo", "i am begun again", "son 16 amigos"])
def test_a_word_inside_another_is_none(night: Night, words: str) -> None:
    night.text("i want to kill myself")
    night.text(words)
    known = night.facts(night.person())
    assert newest(known, "weapons").value is None
    assert newest(known, "age").value is None


def test_what_the_screening_was_told_has_its_time_and_message(night: Night) -> None:
    message = night.text("i want to kill myself")
    night.told(place="by the library", zip="94110", people="3", ages="8,41", access="wheelchair,deaf", for_whom="self")
    known = night.facts(night.person())
    place, zip_code = held(known, "place")
    assert (place.value, place.confirmed, place.at, place.message_id) == ("by the library", False, night.at, message)
    assert zip_code.value == "ZIP 94110"
    assert newest(known, "people").value == "3"
    assert newest(known, "access").said_in("en") == "uses a wheelchair, deaf or hard of hearing"
    assert newest(known, "access").said_in("es") == "usa silla de ruedas, sordera u oye poco"
    assert newest(known, "about").said_in("en") == "themselves"
    assert newest(known, "age").value == "8,41"


def test_what_was_told_before_times_were_kept_has_none(night: Night, database: Database) -> None:
    night.text("i want to kill myself")
    night.told(place="by the library")
    with database.begin() as session:
        session.query(Conversation).one().answers_told = {}
    place = newest(night.facts(night.person()), "place")
    assert (place.value, place.at, place.message_id) == ("by the library", None, None)


def test_where_a_number_was_issued_is_no_place(night: Night) -> None:
    night.text("i took all my pills", number="+14155550117")
    known = night.facts(night.person())
    assert newest(known, "place").value is None
    assert newest(known, "callback").value == ON_FILE
    assert newest(known, "callback").source == "carrier"
    assert "4155550117" not in str([each.to_dict() for each in known])


def test_a_web_visitor_has_no_number(night: Night) -> None:
    night.text("i took all my pills", number="visitor-1", channel=WEBCHAT)
    assert newest(night.facts(night.person()), "callback").value is None


def test_a_place_that_was_asked_for_in_vain_says_so(night: Night, database: Database) -> None:
    night.text("i took all my pills")
    with database.begin() as session:
        session.query(Conversation).one().bot_state = {"slots": {"place_asked": "skipped"}}
    place = newest(night.facts(night.person()), "place")
    assert (place.value, place.asked) == (None, True)


def test_an_older_story_is_left_out(night: Night) -> None:
    night.text("there was a gun once")
    night.later(days=3)
    night.text("i took all my pills")
    assert newest(night.facts(night.person()), "weapons").value is None


def test_where_no_card_fired_what_opened_the_thread_is_told(night: Night) -> None:
    night.text("there is a man lying in the park")
    with night.database.begin() as session:
        conversation = session.query(Conversation).one()
        escalations.open_(session, conversation, "team_request", Level.ROUTINE, night.at)
    night.told(needs=["welfare_check"])
    known = night.facts(night.person())
    assert newest(known, "what").value == "there is a man lying in the park"
    assert newest(known, NEED).said_in("en") == "welfare check"


def test_a_fact_survives_its_packet() -> None:
    fact = Fact("what", "x", "quote", "resident", at=NOW, language="es", message_id=4, meaning={"en": "a", "es": "b"})
    assert Fact.from_dict(fact.to_dict()) == fact
    assert Fact.from_dict(Fact("age", asked=True).to_dict()) == Fact("age", asked=True)


def typed(value: str | None, at: datetime = NOW, *, asked: bool = False) -> Fact:
    return Fact("weapons", value, "words", "responder", by="Ana", at=at, asked=asked)


def test_what_a_responder_found_out_last_holds_and_an_unanswered_question_hides_nothing() -> None:
    quoted = Fact("weapons", "a gun", "quote", "resident")
    assert newest([quoted, typed("none"), typed("a knife", NOW + timedelta(minutes=1))], "weapons").value == "a knife"
    assert newest([quoted, typed(None, asked=True)], "weapons") == quoted
    assert newest([Fact("weapons"), typed(None, asked=True)], "weapons").asked


def test_a_long_message_is_quoted_around_the_words_that_matter(night: Night) -> None:
    night.text("la " * 200 + "i took all my pills" + " la" * 200)
    what = newest(night.facts(night.person()), "what").value or ""
    assert "i took all my pills" in what
    assert len(what) <= handoff911.LONGEST_QUOTE + 2


def test_the_911_centre_is_that_of_the_place() -> None:
    town = load()
    other = AnsweringPoint(name="Riverside Sheriff", line="+15555550199")
    zones = (town.zones[0], Zone(name="Riverside", zips=("94110",), psap=other))
    split = town.model_copy(update={"zones": zones})
    assert handoff911.answering_point(split, "94110") == (other, True)
    assert handoff911.answering_point(split, "94102") == (town.psap, True)
    assert handoff911.answering_point(split, "10001") == (town.psap, False)
    assert handoff911.answering_point(split, None) == (town.psap, False)
