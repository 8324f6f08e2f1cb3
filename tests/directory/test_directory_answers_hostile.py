"""Whatever the directory holds: two segments in English, three in Spanish, every number whole."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import segments
from gateway.community import Directory
from gateway.directory import answers, one_service
from gateway.directory.details import LONGEST_EXTENSION, LONGEST_NUMBER, number_of
from gateway.directory.stored import Asking
from gateway.directory.wanted import FoundService, PlaceChoice
from tests.directory.test_directory_answers import LETTERS, NOW, PANTRY, STATES, found

MOST = {"en": 2, "es": 3}
LONG = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=400).filter(str.strip)
CELLS = st.text(st.sampled_from("0123456789()-+. /#xABC€ñ"), max_size=60)
KNOWN = st.sampled_from(["(415) 555-0101 / (415) 555-0102", "1-800-222-1222", "988", "415-555-0101 ext. 12 then 4"])
NUMBERS = st.builds(number_of, CELLS | KNOWN, st.none() | st.sampled_from(["12345", "press 2, then ask for María"]))
WEB = st.sampled_from(["https://example.org", "https://example.org/" + "a" * 300])
HOSTILE: st.SearchStrategy[FoundService] = st.builds(
    replace,
    st.just(PANTRY),
    name=LONG | LETTERS,
    address=st.none() | LONG,
    phone=st.none() | NUMBERS.filter(bool),
    phone_note=st.none() | LONG,
    text_number=st.none() | NUMBERS.filter(bool),
    text_word=st.none() | st.just("A" * 15),
    url=st.none() | WEB,
    distance_miles=st.none() | st.floats(0, 60),
    open_state=STATES,
    eligibility=st.none() | LONG,
    fees=st.none() | LONG,
    documents=st.lists(LONG, max_size=4).map(tuple),
    languages=st.sampled_from([(), ("en",), ("en", "es"), ("vi",)]),
    address_public=st.booleans(),
    latitude=st.none() | st.just(37.7512),
    longitude=st.just(-122.418),
)
LANGUAGES = st.sampled_from(["en", "es"])


@settings(max_examples=300, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=3), LANGUAGES, st.none() | LONG, st.none() | LONG, st.integers(0, 9))
def test_any_list_fits_and_numbers_are_whole(
    services: list[FoundService], language: str, place: str | None, asked: str | None, more: int
) -> None:
    nothing = answers.render(found(place_understood=place, place_asked=asked), language, "sms")[0]
    assert segments.count(nothing).segments <= MOST[language]
    result = found(*services, place_understood=place, place_asked=asked, total=len(services) + more)
    (text,) = answers.render(result, language, "sms")
    assert segments.count(text).segments <= MOST[language]
    assert all(service.phone in text for service in services if service.phone)
    assert all(service.text_number in text for service in services if service.text_number and not service.phone)
    assert ("MORE" in text or "MAS" in text) == bool(more) or any(
        "MORE" in (each.name + str(each.address) + str(place) + str(asked)) for each in services
    )


@settings(max_examples=300, deadline=None)
@given(HOSTILE, LANGUAGES, LONG)
def test_one_service_fits_and_its_number_is_whole(service: FoundService, language: str, week: str) -> None:
    asking = Asking(language, NOW)
    link = Directory().map_of
    for text in (
        one_service.detail(service, 2, week, asking, "sms"),
        one_service.map_of(service, link, asking, "sms"),
        one_service.call(service, asking, "sms"),
    ):
        assert segments.count(text).encoding == "GSM-7"
        assert segments.count(text).segments <= MOST[language]
    for text in (one_service.detail(service, 2, week, asking, "sms"), one_service.call(service, asking, "sms")):
        assert not service.phone or service.phone in text
        assert not service.text_number or service.text_number in text
    if not service.address_public:
        assert "http" not in one_service.map_of(service, link, asking, "sms")


@settings(max_examples=100, deadline=None)
@given(st.lists(LONG, min_size=2, max_size=4), LANGUAGES)
def test_the_question_which_place_is_one_segment(names: list[str], language: str) -> None:
    places = tuple(PlaceChoice(segments.gsm_safe(name), 37.7, -122.4) for name in names)
    (text,) = answers.render(found(places=places), language, "sms")
    numbered = [line.split(" ")[0] for line in text.splitlines()[1:]]
    assert numbered == [str(number) for number in range(1, len(names) + 1)]
    if segments.count(text).encoding == "GSM-7":
        assert segments.count(text).segments == 1


@settings(max_examples=500, deadline=None)
@given(CELLS | LONG, st.none() | st.text(max_size=30))
def test_a_number_is_whole_or_none(cell: str, extension: str | None) -> None:
    told = number_of(cell, extension)
    assert len(told) <= LONGEST_NUMBER + 2 + LONGEST_EXTENSION
    digits = "".join(letter for letter in told.split(" x")[0] if letter.isascii() and letter.isdigit())
    assert digits in "".join(letter for letter in cell if letter.isascii() and letter.isdigit())


def test_of_two_numbers_in_a_cell_the_first_is_told() -> None:
    assert number_of("(415) 555-0101 / (415) 555-0102") == "415-555-0101"
    assert number_of("Call us Monday to Friday at 1-800-222-1222 please") == "1-800-222-1222"
    assert number_of("no phone given, please come to the office") == ""
    assert number_of("1-800-273-8255 (TALK)", "12") == "1-800-273-8255 (TALK) x12"
    assert number_of("415-555-0101", "ask for the lady at the desk") == "415-555-0101"


def test_more_is_offered_only_where_there_is_more() -> None:
    (text,) = answers.render(found(PANTRY, total=2), "en", "sms")
    assert "Reply MORE" in text
    (text,) = answers.render(found(PANTRY, offset=3, total=4), "en", "sms")
    assert "MORE" not in text
