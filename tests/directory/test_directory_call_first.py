"""What was asked for and the directory does not say is told with "call first", never silently passed over."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import segments
from gateway.directory import hours_words, one_service, ranking
from gateway.directory.hours import UNKNOWN
from gateway.directory.stored import Asking
from gateway.directory.wanted import Wanted
from tests.directory.test_directory_answers import NOW, PANTRY

ROW = SimpleNamespace(youngest=None, oldest=None, serves=[], languages=[], cost=None, access=[], latitude=37.7)
ASKED: dict[str, Any] = {
    "ages": (70,), "serves": ("pets", "lgbtq"), "languages": ("es",), "cost": "free",
    "access": ("wheelchair", "deaf", "blind", "homebound"),
}  # fmt: skip
EVERY = {"ages", "pets", "lgbtq", "language", "cost", "wheelchair", "deaf", "blind", "homebound"}


def not_known(row: Any = ROW, **asked: Any) -> tuple[str, ...]:
    return ranking.Looked(row, None, None, UNKNOWN, Wanted(**asked), NOW).call_first


def test_each_fact_that_is_not_known_has_words_in_both_languages() -> None:
    assert set(not_known(**ASKED)) == EVERY
    assert {key.removeprefix("fact_") for key in hours_words.words() if key.startswith("fact_")} == EVERY


def test_what_nobody_asked_for_or_the_directory_says_is_not_told() -> None:
    assert not_known() == ()
    said = {"languages": ["en"], "cost": "fee", "access": ["wheelchair"], "oldest": 99, "youngest": 0}
    row = SimpleNamespace(**(vars(ROW) | said))
    assert not_known(row, ages=(70,), languages=("es",), cost="free", access=("walking",)) == ()


@pytest.mark.parametrize(
    ("language", "phone", "line"),
    [
        ("en", "415-555-0101", "Call first. Not known: cost, wheelchair access"),
        ("es", "415-555-0101", "Llame antes. No sabemos: el costo, acceso en silla de ruedas"),
        ("en", None, "Ask first. Not known: cost, wheelchair access"),
        ("es", None, "Pregunte antes. No sabemos: el costo, acceso en silla de ruedas"),
    ],
)
def test_details_say_it_where_it_is_read(language: str, phone: str | None, line: str) -> None:
    service = replace(
        PANTRY, phone=phone, call_first=("cost", "wheelchair"), documents=("Any paper with your address",)
    )
    for channel in ("sms", "web"):
        told = one_service.detail(service, 1, "Mon-Fri 9am-5pm", Asking(language, NOW), channel)
        assert (segments.gsm_only(line) if channel == "sms" else line) in told.splitlines()
        assert one_service.not_said(replace(service, call_first=()), language) is None


@pytest.mark.parametrize(("language", "most"), [("en", 2), ("es", 3)])
def test_the_longest_of_it_fits(language: str, most: int) -> None:
    service = replace(PANTRY, call_first=tuple(sorted(EVERY)), alert="Use the side door " * 20)
    text = one_service.detail(service, 1, "Mon-Fri 9am-5pm", Asking(language, NOW), "sms")
    assert segments.count(text).segments <= most
    assert ("Call first" if language == "en" else "Llame antes") in text
