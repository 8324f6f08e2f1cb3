"""Directories that search was not made with: what was once found in them is still found, by either language."""

import pytest

from bench import directory_questions
from bench.directory_questions import ROADS

pytestmark = pytest.mark.slow

QUESTIONS = directory_questions.QUESTIONS.with_name("invented_questions.tsv")
FLOORS = {ROADS[0]: 0.81, ROADS[2]: 0.82}  # a little under what was reached on 2026-11-29, eight directories


def test_the_right_service_is_among_the_first_three_of_directories_that_nobody_knew() -> None:
    asked = directory_questions.questions(QUESTIONS)
    languages = {one.id: one.language for one in asked}
    answers, left_out = directory_questions.measure(asked)
    assert not left_out
    for road, floor in FLOORS.items():
        for language in ("en", "es"):
            counted = [one.hit for one in answers if one.road == road and languages[one.question] == language]
            assert len(counted) == list(languages.values()).count(language)
            assert sum(counted) / len(counted) >= floor, (road, language)
