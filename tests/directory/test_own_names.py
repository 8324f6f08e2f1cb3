"""A ZIP code of the town is called what the town calls it; any other keeps the post office's city."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway import community
from gateway.directory import answers
from gateway.directory.search import Found

OWN = community.load(None).zone_names
NOTHING = Found([], 0, "San Francisco, CA 94110", "94110", 0, datetime(2026, 11, 23, 20, tzinfo=UTC))


def heading(found: Found, language: str) -> list[str]:
    """How the place is called above the services."""
    return list(answers._place(answers._in_own_words(found, OWN), language))


@pytest.mark.parametrize(("language", "words"), [("en", "Near Riverside 94110:"), ("es", "Cerca de Riverside 94110:")])
def test_the_towns_own_zip_is_said_in_its_own_words(language: str, words: str) -> None:
    assert heading(NOTHING, language) == [words]


@pytest.mark.parametrize("understood", ["Oakland, CA 94607", "San Francisco, CA"])
def test_what_is_not_the_towns_keeps_its_name(understood: str) -> None:
    assert heading(replace(NOTHING, place_understood=understood), "en") == [f"Near {understood}:"]


def test_a_place_that_was_not_understood_is_said_so() -> None:
    found = replace(NOTHING, place_understood=None, place_asked="the moon")
    assert answers.render(found, "en", "sms", OWN) == answers.render(found, "en", "sms")
