"""docs/conversations.md shows every conversation as it goes; `python -m tools.transcripts` brings it up to date."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.conversations.script import scripts
from tests.conversations.street import Street
from tools.transcripts import BEGIN, PAGE, WRITE, Line, Transcript, brought_up_to_date

MINUTE = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def transcript(*lines: Line, danger: bool = False) -> Transcript:
    return Transcript("Food", "About food.", "en", messy=False, danger=danger, lines=lines)


@pytest.mark.bot
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_is_as_the_conversations_go(street: Street) -> None:
    played = [street.play(script) for script in scripts()]
    faults = [f"{each.script.name}: {fault}" for each in played for fault in each.faults]
    assert not faults, "\n".join(faults)
    fresh = brought_up_to_date(PAGE.read_text(encoding="utf-8"), [each.transcript for each in played])
    if os.environ.get(WRITE):
        PAGE.write_text(fresh, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == fresh, "bring it up to date: python -m tools.transcripts"


def test_the_page_holds_every_script_and_no_number_of_a_phone_that_is_a_residents() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for script in scripts():
        assert f"### {script.title}" in page
    assert "+1555" not in page


def test_lines_are_told_as_they_were() -> None:
    page = brought_up_to_date(
        f"# Head\n{BEGIN}\nold",
        [
            transcript(
                Line(MINUTE, "resident", "1 *now*"),
                Line(MINUTE, "computer", "Here:\n1) A"),
                Line(MINUTE, "event", "wait 3 d"),
                Line(MINUTE, "event", "down store"),
                Line(MINUTE, "note", "Nothing is said."),
            )
        ],
    )
    assert page.startswith("# Head\n")
    assert "old" not in page
    for line in (
        "> **Resident:** 1 \\*now\\*",
        "> **Front Door:** Here:<br>1) A",
        "*3 days later.*",
        "*The database is down.*",
        "*Nothing is said.*",
        "*Monday, 20:00*",
    ):
        assert line in page.splitlines()


def test_danger_stands_under_its_own_head() -> None:
    page = brought_up_to_date(BEGIN, [transcript(danger=True)])
    assert page.index("## When someone may be in danger") < page.index("### Food")
    calm = brought_up_to_date(BEGIN, [replace(transcript(), language="es")])
    assert calm.index("## Español") < calm.index("### Food") < calm.index("## Hard to read")


def test_a_page_without_its_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="marker"):
        brought_up_to_date("# Head", [])
