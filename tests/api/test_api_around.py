"""Services around a ZIP code, for other programs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.db import Database
from tests.api.conftest import changed

Read = Callable[..., Any]
NEAR_THE_COUNTY = "94110"  # its places stand at 37.75, -122.41 and 37.1, -122.1


def names(read: Read, **asked: Any) -> set[str]:
    return {item["name"] for item in read("/api/services", per_page=100, **asked)["contents"]}


def test_within_some_metres_of_a_zip(read: Read) -> None:
    near, far = (names(read, postcode=NEAR_THE_COUNTY, proximity=metres) for metres in (2_000, 120_000))
    assert "Food pantry" in near
    assert "Safe house" not in near
    assert near | {"Safe house"} <= far
    assert names(read, postcode="10001", proximity=50_000) == set()


def test_the_distance_is_in_metres(read: Read) -> None:
    # From the middle of 94110 (37.7509, -122.4153) to the county's hall it is 476 metres on a sphere.
    assert "Food pantry" not in names(read, postcode=NEAR_THE_COUNTY, proximity=450)
    assert "Food pantry" in names(read, postcode=NEAR_THE_COUNTY, proximity=500)


def test_a_place_that_is_not_shown_is_near_nothing(read: Read, directory: Database) -> None:
    hide = "UPDATE location SET confidential = {} WHERE id = 'l2'"
    with changed(directory, hide.format("true"), hide.format("NULL")):
        assert "Safe house" not in names(read, postcode=NEAR_THE_COUNTY, proximity=120_000)
        assert "Safe house" in names(read)


@pytest.mark.parametrize(
    ("areas", "here", "elsewhere"),
    [
        ("{94110}", True, False),
        ("{san francisco}", True, False),
        ('{"san francisco county, california"}', True, False),
        ("{california}", True, False),
        ('{"san francisco, texas"}', False, False),
        ("{sangamon county,illinois}", False, True),
    ],
)
def test_for_the_people_of_a_zip(read: Read, directory: Database, areas: str, here: bool, elsewhere: bool) -> None:
    assert "Food pantry" in names(read, postcode="62701")  # it does not say whom it serves
    say = "UPDATE search_entry SET areas = '{}' WHERE dataset = 'county' AND service_id = 's1'"
    with changed(directory, say.format(areas), say.format("{}")):
        assert ("Food pantry" in names(read, postcode="94110")) is here
        assert ("Food pantry" in names(read, postcode="62701")) is elsewhere


def test_a_zip_that_is_none_or_is_missing(read: Read, client: FlaskClient) -> None:
    assert read("/api/services", 404, postcode="00000") == {"error": "unknown_postcode"}
    assert read("/api/services", 404, proximity="100") == {"error": "no_postcode"}
    assert client.get("/api/services?proximity=100").headers["Cache-Control"] == "no-store"
