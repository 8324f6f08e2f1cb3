"""What a resident reads."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gateway import segments, texts
from gateway.directory import answers, needs
from gateway.directory.details import FoundService
from gateway.directory.hours import ALWAYS, UNKNOWN, OpenState
from gateway.directory.search import Found, Wanted, search

HERE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 23, 12, tzinfo=HERE)
PANTRY = FoundService(
    id="d:1",
    name="Mission Pantry",
    organization="Helping Hands",
    phone="415-555-0101",
    text_number=None,
    address="100 Demo St",
    city="San Francisco",
    distance_miles=0.4,
    open_state=OpenState(open=True, until=datetime(2026, 11, 23, 17, tzinfo=HERE)),
    url="https://example.org",
    description=None,
)


def found(*services: FoundService, **more: object) -> Found:
    return replace(Found(list(services), len(services), "San Francisco, CA 94110", "94110", 0, NOW), **more)  # type: ignore[arg-type]


def test_one_service_by_sms() -> None:
    assert answers.render(found(PANTRY), "en", "sms") == [
        "Near San Francisco, CA 94110:\n"
        "1) Mission Pantry, 415-555-0101, 100 Demo St, 0.4 mi, Open until 5pm\n"
        + texts.say("services_footer_end", "en")
    ]


def test_the_same_in_spanish_without_the_letters_that_gsm_lacks() -> None:
    services = [replace(PANTRY, name="Clínica Niños Ñandú", open_state=OpenState(open=False, opens=at(24, 9)))]
    (text,) = answers.render(found(*services), "es", "sms")
    assert "1) Clinica Niños Ñandu, 415-555-0101, 100 Demo St, 0.4 mi, Abre mañana 9am" in text
    assert segments.count(text).encoding == "GSM-7"


def test_on_a_page_nothing_is_shortened() -> None:
    (text,) = answers.render(found(replace(PANTRY, name="Clínica " * 8)), "es", "webchat")
    assert ("Clínica " * 8).strip() in text
    assert "https://example.org" in text
    assert "100 Demo St, San Francisco (0.4 mi)" in text


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize(
    ("state", "english", "spanish"),
    [
        (OpenState(open=True, until=at(23, 17)), "Open until 5pm", "Abierto hasta 5pm"),
        (OpenState(open=True, until=at(23, 16, 30)), "Open until 4:30pm", "Abierto hasta 4:30pm"),
        (OpenState(open=True, until=at(24, 0)), "Open until midnight", "Abierto hasta 12am"),
        (OpenState(open=True, until=at(23, 12)), "Open until noon", "Abierto hasta 12pm"),
        (ALWAYS, "Open 24 hours", "Abierto las 24 horas"),
        (OpenState(open=False, opens=at(23, 15)), "Opens today 3pm", "Abre hoy 3pm"),
        (OpenState(open=False, opens=at(24, 9)), "Opens tomorrow 9am", "Abre mañana 9am"),
        (OpenState(open=False, opens=at(28, 9)), "Opens Sat 9am", "Abre sáb 9am"),
        (OpenState(open=False, opens=at(5, 9, month=12)), "Opens Sat 12/5", "Abre sáb 5 dic"),
        (OpenState(open=False, opens=datetime(2027, 12, 5, 9, tzinfo=HERE)), "Opens 12/5/2027", "Abre el 5 dic 2027"),
        (UNKNOWN, "Call for hours", "Llame para saber el horario"),
    ],
)
def test_hours_in_words(state: OpenState, english: str, spanish: str) -> None:
    assert answers.hours_words(state, "en", NOW) == english
    assert answers.hours_words(state, "es", NOW) == spanish


def test_tomorrow_is_counted_where_the_place_is() -> None:
    late = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # still Monday the 23rd in California
    assert answers.hours_words(OpenState(open=False, opens=at(24, 9)), "en", late) == "Opens tomorrow 9am"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("channel", ["sms", "webchat"])
def test_nothing_found(language: str, channel: str) -> None:
    nowhere = found(place_understood=None, place_asked=None)
    assert answers.render(nowhere, language, channel) == [texts.say("no_services", language)]
    assert answers.render(found(offset=3), language, channel) == [texts.say("no_more_services", language)]


@pytest.mark.parametrize(
    ("language", "channel", "line"),
    [
        ("en", "sms", "We looked near Bahia Honda, CA 94110."),
        ("en", "webchat", "We looked near Bahía Honda, CA 94110."),
        ("es", "sms", "Buscamos cerca de Bahia Honda, CA 94110."),
        ("es", "webchat", "Buscamos cerca de Bahía Honda, CA 94110."),
    ],
)
def test_where_nothing_is_found_the_place_is_said_as_it_was_read(language: str, channel: str, line: str) -> None:
    (text,) = answers.render(found(place_understood="Bahía Honda, CA 94110"), language, channel)
    assert text.splitlines()[0] == line
    assert text.endswith(texts.say("no_services", language)) or channel == "sms"


def test_where_nothing_is_found_the_town_s_own_name_is_said() -> None:
    (text,) = answers.render(found(), "en", "sms", {"94110": "Riverside"})
    assert text.startswith("We looked near Riverside 94110.\n")


@pytest.mark.parametrize(("language", "near"), [("en", "Near 94110:"), ("es", "Cerca de 94110:")])
def test_the_barest_list_keeps_the_zip_code_where_there_is_room(language: str, near: str) -> None:
    full = replace(PANTRY, name="Pantry of a long name " * 3, phone="1-800-222-1222 x12345", url=None, address=None)
    closed = replace(full, closure="weather", open_state=OpenState(open=False, opens=at(28, 9, 15)))
    result = found(closed, closed, closed, total=9)
    assert answers._in_brief(result, language, answers.DETAILS[-2]).splitlines()[0] == near
    assert answers._in_brief(result, language, answers.DETAILS[-1]).startswith("1) ")
    (text,) = answers.render(result, language, "sms")
    assert text.splitlines()[0] == near


def test_a_place_that_was_not_understood_is_said() -> None:
    for services in ([], [PANTRY]):
        (text,) = answers.render(found(*services, place_understood=None, place_asked="24th y Mision"), "es", "sms")
        assert text.startswith("No encontramos 24th y Mision.")


LETTERS = st.text(st.characters(categories=("L", "N", "P", "Zs", "So")), min_size=1, max_size=150).filter(str.strip)
STATES = st.sampled_from([UNKNOWN, ALWAYS, OpenState(open=False, opens=at(28, 9, 15)), PANTRY.open_state])
SERVICES = st.builds(
    replace,
    st.just(PANTRY),
    name=LETTERS,
    address=st.none() | LETTERS,
    phone=st.none() | st.sampled_from(["415-555-0101", "1-800-222-1222 x12345", "988"]),
    text_number=st.none() | st.just("88788"),
    url=st.none() | st.just("https://example.org"),
    distance_miles=st.none() | st.floats(0, 60),
    open_state=STATES,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SERVICES, min_size=1, max_size=3), st.sampled_from(["en", "es"]), st.booleans())
def test_any_three_services_fit_and_numbers_are_whole(
    services: list[FoundService], language: str, understood: bool
) -> None:
    (text,) = answers.render(
        found(*services, place_understood="San Francisco, CA 94110" if understood else None), language, "sms"
    )
    assert segments.count(text).segments <= {"en": 2, "es": 3}[language]
    assert all(service.phone in text for service in services if service.phone)
    assert [line[:2] for line in text.splitlines() if re.match(r"[1-3]\)", line)] == ["1)", "2)", "3)"][: len(services)]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_need_of_the_demo_fits_in_a_text(town: Session, language: str) -> None:
    for need in needs.standard().needs:
        for code in ("94110", None):
            result = search(town, Wanted((need,), code, language=language), NOW)
            assert result.services, need
            (text,) = answers.render(result, language, "sms")
            assert segments.count(text).segments <= answers.MOST_SEGMENTS[language]
            assert all(service.phone in text for service in result.services if service.phone)
            assert all(len(service.name) <= 44 or language == "es" for service in result.services)


def test_words_stand_in_both_languages_with_the_same_placeholders() -> None:
    for key, pair in answers.words().items():
        assert set(pair) == {"en", "es"}, key
        assert all(pair.values()), key
        if key != "opens_later":  # each language has its own order, and both name the day
            assert texts.placeholders(pair["en"]) == texts.placeholders(pair["es"]), key
