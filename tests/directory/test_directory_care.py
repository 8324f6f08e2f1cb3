"""No map where any of the needs asked for calls for care, and ages that stand where short words do."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from gateway.directory import asking, needs, one_service
from gateway.directory.stored import Asking
from gateway.directory.wanted import FoundService
from tests.directory.test_directory_answers import NOW, PANTRY

LINK = "https://maps.example/?q={},{}".format


def service(need: str) -> FoundService:
    """A public place that meets a need."""
    return replace(PANTRY, need=need, latitude=37.75, longitude=-122.42, address_public=True)


@pytest.mark.parametrize("asked", [("shelter", "domestic_violence"), ("domestic_violence", "shelter")])
def test_no_map_whichever_need_was_named_first(asked: tuple[str, ...]) -> None:
    asking_now = Asking("en", NOW, asked)
    assert one_service.link_of(service(asked[0]), LINK, asking_now) is None
    assert "http" not in one_service.map_of(service(asked[0]), LINK, asking_now, "web")


def test_there_is_a_map_where_no_need_calls_for_care() -> None:
    assert one_service.link_of(service("food"), LINK, Asking("en", NOW, ("food", "shelter"))) is not None


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("300 4th St, Ste 2", "300 4th St, San Francisco"),
        ("1111 San Felipe Rd Suite 107", "1111 San Felipe Rd, San Francisco"),
        ("Dunne Park, 6th St & Powell St", None),
        ("PO Box", None),
        (None, None),
    ],
)
def test_a_place_without_a_point_has_the_map_of_its_house(address: str | None, found: str | None) -> None:
    asked = Asking("en", NOW, ("food",))
    place = replace(service("food"), latitude=None, longitude=None, address=address)
    assert one_service.link_of(place, lambda *given: repr(given), asked) == repr((None, None, found))
    told = one_service.map_of(place, lambda *given: given[2] and "https://maps.example", asked, "sms")
    assert ("https://maps.example" in told) == bool(found)
    assert ("We have no map" in told) == (not found)
    assert one_service.link_of(replace(place, address_public=False), repr, asked) is None  # type: ignore[arg-type]
    assert one_service.link_of(place, repr, Asking("en", NOW, ("domestic_violence",))) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "language", "ages"),
    [
        ("my son is 4 and needs a doctor", "en", (4,)),
        ("day care, age 2", "en", (2,)),
        ("tengo 70", "es", (70,)),
    ],
)
def test_an_age_is_read_before_short_words_are_mended(
    session: Session, text: str, language: str, ages: tuple[int, ...]
) -> None:
    assert asking.wanted(session, text, needs.standard(), None, language).ages == ages
