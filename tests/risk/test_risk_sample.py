"""The shared sample of the level guide: floors that the cards reach and must not fall below."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.risk.lines import screen_lines

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FRONTDOOR_SHARED") or ROOT.parent / "shared")
SAMPLE = SHARED / "data" / "risk" / "dev_sample.jsonl"
HIGH = {"emergency", "urgent"}

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason=f"the shared sample is not here: {SAMPLE}")

Row = dict[str, Any]


def read_levels() -> list[tuple[Row, str]]:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    answers = {row["id"]: row["level"] for row in map(json.loads, screen_lines(lines))}
    rows = [json.loads(line) for line in lines]
    for row in rows:
        row["level"] = _ours(row["level"])
        row["accept"] = {_ours(each) for each in row["accept"]}
    return [(row, answers[row["id"]]) for row in rows]


def _ours(level: str) -> str:
    return "emergency" if level == "911" else level


def share(rows: list[tuple[Row, str]], wanted: set[str] | None = None) -> float:
    """The part of the rows whose answer is wanted, or acceptable when no level is named."""
    good = sum(answer in (wanted or row["accept"]) for row, answer in rows)
    return good / len(rows)


@pytest.mark.parametrize("languages", [{"en"}, {"es"}, {"en", "es", "mix"}], ids=["en", "es", "all"])
def test_the_sample_is_read_as_a_careful_reviewer_would(languages: set[str]) -> None:
    rows = [each for each in read_levels() if each[0]["lang"] in languages]
    emergencies = [each for each in rows if each[0]["level"] == "emergency"]
    assert share(emergencies, HIGH) >= 0.99
    assert share(emergencies) >= 0.95
    assert share([each for each in rows if each[0]["level"] == "urgent"], HIGH) >= 0.95
    harmless = [each for each in rows if each[0]["level"] == "none"]
    assert 1 - share(harmless, {"none", "routine"}) <= 0.02
    needless = [row for row, answer in rows if answer == "emergency" and "emergency" not in row["accept"]]
    assert len(needless) <= 0.03 * len(rows)
