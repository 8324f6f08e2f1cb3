"""What is read aloud: within a minute, the place first, the number digit by digit, and what is not known."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import handoff_words
from gateway.community import Community, load
from gateway.handoff911 import CODES, NAMES, NEED, ON_FILE, QUOTE, WORDS, Fact
from gateway.handoff_script import MOST_WORDS, digits, local, script, spoken_words, zip_of
from tests.gateway.handed import NOW

pytestmark = pytest.mark.slow

TOWN = load()
CALLER = Fact("caller", "Ana Ruiz", source="responder", by="Ana Ruiz", at=NOW, confirmed=True)
CALLBACK = Fact("callback", "+15555550117", source="carrier", at=NOW)
PILLS = Fact("what", "i took all my pills", QUOTE, "resident", at=NOW, language="en",
             meaning={"en": "Says they took pills to die.", "es": "Dice que tomó pastillas para morir."})  # fmt: skip
LIBRARY = Fact("place", "behind the library, 94110", source="resident", at=NOW)
KNOWN = [LIBRARY, CALLER, CALLBACK, PILLS, Fact("weapons", "there is a gun here", QUOTE, "resident", at=NOW),
         Fact("language", "en", CODES, "screening", at=NOW), Fact("age", asked=True)]  # fmt: skip


def test_a_seeded_thread_reads_as_a_call_taker_wants_it() -> None:
    assert script(KNOWN, TOWN, "en") == [
        "This is about Demo Town, CA.",
        "Place, as they typed it, not checked: behind the library, 94110.",
        "I am Ana Ruiz. I answer texts for Demo Town Front Door. I am not with them.",
        "Their number: 555-555-0117.",
        "At 10:12 PM they wrote: “i took all my pills”",
        "Weapons: they wrote “there is a gun here”.",
        "Language: English.",
        "Not known, not asked: who it is about, people there, their health, limits.",
        "Asked, no answer: age.",
    ]


def test_words_that_tell_of_several_things_are_read_once() -> None:
    gun = Fact("what", "he has a gun and im bleeding", QUOTE, "resident", at=NOW, language="en")
    lines = script([CALLER, gun, replace(gun, name="weapons"), replace(gun, name="medical")], TOWN, "en")
    assert sum("he has a gun" in line for line in lines) == 1
    assert "Those words tell of weapons, their health." in lines


def test_the_same_in_spanish_keeps_the_quote_and_says_what_it_means() -> None:
    lines = script(KNOWN, TOWN, "es")
    assert lines[0] == "Esto es sobre Demo Town, CA."
    assert "A las 22:12 escribió: “i took all my pills”" in lines
    assert "En resumen: Dice que tomó pastillas para morir." in lines
    assert lines[-1] == "Se preguntó, sin respuesta: edad."


def test_a_quote_in_spanish_comes_with_its_meaning_in_english() -> None:
    spanish = replace(PILLS, value="me tomé todas las pastillas", language="es")
    assert "In short: Says they took pills to die." in script([spanish if f is PILLS else f for f in KNOWN], TOWN, "en")


def test_a_place_that_is_not_known_is_said_to_be_not_known() -> None:
    lines = script([f for f in KNOWN if f is not LIBRARY], TOWN, "en")
    assert lines[1] == "We do not know where they are."
    assert any("Not known, not asked: place, " in line for line in lines)


def test_a_place_that_was_only_written_of_is_read_as_their_words() -> None:
    written = Fact("place", "we are at 12 Oak St, 10001", QUOTE, "resident", at=NOW, language="en")
    lines = script([written, *KNOWN[1:]], TOWN, "en")
    assert lines[0] == "This is about Demo Town, CA."  # a ZIP code in words that nobody read sends nobody elsewhere
    assert lines[1] == "Nobody checked where they are. They wrote: “we are at 12 Oak St, 10001”"
    assert not any("place" in line for line in lines if "Not known" in line)
    lines = script([written, replace(written, name="what"), CALLER], TOWN, "en")
    assert lines[1] == "Nobody checked where they are. It is in their words."
    assert sum("12 Oak St" in line for line in lines) == 1


def test_outside_the_zones_the_call_is_to_be_passed_on() -> None:
    lines = script([replace(LIBRARY, value="5 Oak St, 10001"), *KNOWN[1:]], TOWN, "en")
    assert lines[0] == "ZIP 10001, outside Demo Town, CA. Please send me to the right center."


def test_a_place_that_a_responder_asked_back_about_is_confirmed() -> None:
    found = Fact("place", "12 Oak St, room 4", WORDS, "responder", by="Ana Ruiz", at=NOW, confirmed=True)
    assert "Place, confirmed: 12 Oak St, room 4." in script([*KNOWN, found], TOWN, "en")


def test_yesterday_s_words_have_their_day() -> None:
    old = replace(PILLS, at=NOW - timedelta(hours=20))
    assert "On Nov 26 at 2:12 AM they wrote: “i took all my pills”" in script([CALLER, old], TOWN, "en")
    assert "El 26 nov a las 02:12 escribió: “i took all my pills”" in script([CALLER, old], TOWN, "es")


def test_a_web_visitor_has_no_number_to_call() -> None:
    lines = script([each for each in KNOWN if each is not CALLBACK], TOWN, "en")
    assert any("no number" in line for line in lines)
    assert "call-back" not in lines[-2]


def test_a_number_that_may_not_be_shown_is_not_read() -> None:
    hidden = [replace(each, value=ON_FILE) if each is CALLBACK else each for each in KNOWN]
    assert not any("number" in line for line in script(hidden, TOWN, "en"))


@pytest.mark.parametrize("to", ["988", "211"])
def test_988_and_211_hear_less(to: str) -> None:
    lines = script([*KNOWN, Fact(NEED, "shelter", CODES, "resident", at=NOW)], TOWN, "en", to)
    assert lines[0].startswith("I am Ana Ruiz.")
    assert "They ask for: shelter." in lines
    assert not any("gun" in line or "library" in line or "Not known" in line for line in lines)


def test_long_numbers_are_counted_digit_by_digit() -> None:
    assert spoken_words("Their number: 555-555-0117.") == 2 + 10
    assert spoken_words("At 10:12 PM on Nov 26") == 6
    assert digits("+15555550117") == "555-555-0117"
    assert digits("988") == "988"


@pytest.mark.parametrize(
    ("place", "zip_code"),
    [("ZIP 94110", "94110"), ("24th and Mission 94110", "94110"), ("12345 Main St", None), ("94110 or so", None)],
)
def test_a_zip_code_stands_at_the_end(place: str, zip_code: str | None) -> None:
    assert zip_of([Fact("place", place)]) == zip_code


def test_times_are_the_towns() -> None:
    assert local(NOW, TOWN, "en") == "10:12 PM"
    assert local(NOW, TOWN, "es") == "22:12"


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=240)
FACTS = st.lists(
    st.builds(
        Fact,
        st.sampled_from([*NAMES, NEED]),
        st.one_of(st.none(), VALUES, st.lists(st.sampled_from("ab 12 555-555-0117 word".split())).map(" ".join)),
        st.sampled_from([WORDS, QUOTE, CODES]),
        st.sampled_from(["resident", "responder", "screening"]),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=NOW.tzinfo)),  # noqa: DTZ001
        confirmed=st.booleans(),
        language=st.sampled_from([None, "en", "es"]),
        meaning=st.one_of(st.none(), st.just({"en": "word " * 40, "es": "palabra " * 40})),
    ),
    max_size=30,
)


@settings(deadline=None)  # a busy machine is no fault of the script
@given(FACTS, st.sampled_from(["en", "es"]), st.sampled_from(["911", "988", "211"]))
def test_no_thread_takes_more_than_a_minute(known: list[Fact], language: str, to: str) -> None:
    lines = script(known, long_town(), language, to)
    assert sum(map(spoken_words, lines)) <= MOST_WORDS
    assert all("{" not in line or any("{" in (fact.value or "") for fact in known) for line in lines)


def long_town() -> Community:
    """Names as long as the town's file lets them be."""
    return TOWN.model_copy(
        update={"name": "A B " * 15, "wording": TOWN.wording.model_copy(update={"en": "c d " * 15, "es": "e f " * 15})}
    )


def test_every_fact_has_a_name_in_both_languages() -> None:
    for name in (*NAMES, NEED):
        assert handoff_words.name(name, "en") != handoff_words.name(name, "es")
    assert set(handoff_words.names()) == {*NAMES, NEED}
