"""The blind questions are frozen and sound; the made-up region is the same each time and is taken in whole."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bench import directory_questions, town_maker
from bench.directory import asked
from gateway.directory.importing import import_path
from gateway.directory.search import search

FROZEN = "612300c7bbf69a8b980a0664a3512a041ce9271efc4b8e40449c1b3c7ab3b55a"  # before anybody searched with them
FEW = 40


def test_the_questions_are_the_ones_that_were_written_blind() -> None:
    lines = directory_questions.QUESTIONS.read_bytes().splitlines(keepends=True)
    below = b"".join(line for line in lines if not line.startswith(b"#"))
    assert hashlib.sha256(below).hexdigest() == FROZEN


def test_there_are_enough_of_them_in_both_languages() -> None:
    questions = directory_questions.questions()
    assert len(questions) == len({question.id for question in questions}) == 210
    assert min(Counter(question.language for question in questions).values()) >= 75
    assert all(question.place in question.text for question in questions)
    assert sum(not question.right for question in questions) == 17


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(0, 10, 0.0, 0.278), (9, 10, 0.596, 0.982), (10, 10, 0.722, 1.0), (0, 0, 0, 1)]
)
def test_the_interval_is_wilsons(hits: int, count: int, low: float, high: float) -> None:
    assert directory_questions.wilson(hits, count) == pytest.approx((low, high), abs=0.001)


def test_a_made_up_region_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in ("first", "second", "other"))
    counts = town_maker.write(first, FEW, seed=3)
    assert counts == town_maker.write(second, FEW, seed=3)
    town_maker.write(other, FEW, seed=4)
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()
    assert (first / "service.csv").read_bytes() != (other / "service.csv").read_bytes()


@pytest.mark.slow
def test_a_made_up_region_is_taken_in_whole_and_can_be_searched(
    session: Session, tmp_path: Path, now: datetime
) -> None:
    counts = town_maker.write(tmp_path / "region", 400)
    report = import_path(session, tmp_path / "region", now)
    assert not report.refused
    assert not report.unknown
    assert {kind: report.taken[kind] for kind in counts} == counts
    found = [search(session, wanted, now).total for _, wanted in asked(40)]
    assert sum(total > 0 for total in found) > 30


def test_the_residents_road_has_their_facts_and_topics_but_none_of_their_free_words(session: Session) -> None:
    when = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("America/Chicago"))
    said = "I am a man, 70, no money, I need a divorce lawyer in Joliet"
    question = directory_questions.Question("Q", "ilao", "en", "plain", said, "Joliet", when, frozenset())
    heard = {"Q": ("housing",)}
    free, _, residents, by_bot = (
        directory_questions.wanted_of(session, question, road, heard=heard) for road in directory_questions.ROADS
    )
    assert by_bot.needs == ("housing", "legal")  # what the words name beside it is searched for as well
    assert free.text == said
    assert (residents.text, residents.words, residents.place) == (None, None, "Joliet")
    assert (residents.needs, residents.ages, residents.cost, residents.serves) == (free.needs, (70,), "free", ("men",))
    assert {"#divorce", "#seniors"} <= set(residents.topics)
    veteran = replace(question, text="I am a veteran and need a lawyer in Joliet")
    assert "veteran" in directory_questions.wanted_of(session, veteran, directory_questions.ROADS[2]).serves


def test_the_name_of_a_place_says_nothing_of_what_is_looked_for(session: Session) -> None:
    when = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("America/Chicago"))
    text = "necesito comida, vivo en Rancho Viejo"
    question = directory_questions.Question("Q", "ilao", "es", "plain", text, "Rancho Viejo", when, frozenset())
    residents = directory_questions.wanted_of(session, question, directory_questions.ROADS[2])
    nowhere = replace(question, place="")
    assert residents.place == "Rancho Viejo"
    assert "#farmworkers" not in residents.topics
    assert "#farmworkers" in directory_questions.wanted_of(session, nowhere, directory_questions.ROADS[2]).topics
