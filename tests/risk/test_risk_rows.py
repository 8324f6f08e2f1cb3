"""Messages that were once missed or over-called stay mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.risk import Level, screen

ROWS = [
    line.partition("|")[::2]
    for line in (Path(__file__).parent / "rows" / "mended.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("letter", "text"), ROWS)
def test_a_mended_message_stays_mended(letter: str, text: str) -> None:
    level = screen(text).level
    if letter == "n":
        assert level <= Level.ROUTINE
    else:
        assert level >= {"e": Level.EMERGENCY, "u": Level.URGENT}[letter]


def test_the_rows_speak_both_languages_about_equally() -> None:
    spanish = sum(
        any(word in f" {text} " for word in (" mi ", " de ", " me ", " la ", " no ", " el ")) for _, text in ROWS
    )
    assert 0.3 <= spanish / len(ROWS) <= 0.7
