"""A place that is closed for a while says why, and where there is no room that one must call first."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.closing import REASONS
from gateway.directory import answers
from gateway.directory.hours_words import words
from gateway.directory.wanted import Found, FoundService, OpenState

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
CLOSED = FoundService(
    "county:s1", "Food pantry", None, "415-555-0101", None, None, None, None, OpenState(open=False), None, None
)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words(reason: str, language: str) -> None:
    told = answers.hours_of(replace(CLOSED, closure=reason), language, NOW)
    assert told.startswith(words()[f"closed_{reason}"][language] + ", ")


def test_when_it_opens_stands_behind_the_reason() -> None:
    opens = OpenState(open=False, opens=datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    service = replace(CLOSED, closure="weather", open_state=opens)
    assert answers.hours_of(service, "en", NOW) == "Closed: bad weather, Opens tomorrow 9am"
    assert answers.hours_of(service, "es", NOW) == "Cerrado por mal tiempo, Abre mañana 9am"


def test_a_reason_without_a_code_is_closed_for_now() -> None:
    assert answers.hours_of(replace(CLOSED, closure="moved to a new house"), "en", NOW).startswith("Closed for now, ")
    assert answers.hours_of(replace(CLOSED, closed_to=NOW), "en", NOW).startswith("Closed for now, ")


@pytest.mark.parametrize(("language", "mark"), [("en", "call first"), ("es", "llame antes")])
@pytest.mark.parametrize("doubt", [{"stale": True}, {"closure": "staff"}], ids=["stale", "closed"])
def test_the_barest_list_warns(language: str, mark: str, doubt: dict[str, object]) -> None:
    service = replace(CLOSED, name="Ω" * 200, phone="1" * 24 + " x12345678", **doubt)  # type: ignore[arg-type]
    [text] = answers.render(Found([service] * 3, 9, None, "x" * 200, at=NOW), language, answers.SMS)
    reason = words()["closed_staff"][language]
    assert text.count(mark) + text.count(reason) == 3  # the reason itself where there is room
