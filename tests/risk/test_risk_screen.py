"""Screening never raises and never falls silent: what cannot be judged is for a person to look at."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.risk import Assessment, Level, Screener, screen
from gateway.risk.cards import HERE, read_words
from gateway.risk.lines import screen_lines
from gateway.risk.matching import Candidate, Matcher
from gateway.risk.pattern import Compiled
from gateway.risk.scope import Scoper
from gateway.risk.screening import LONGEST, screener
from tests.risk.effort import seconds

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
ROOT = Path(__file__).resolve().parents[2]


def frozen() -> float:
    return 0.0


def like_the_real_one(matcher: Matcher | None = None, clock: Callable[[], float] = frozen) -> Screener:
    real = screener()
    scoper = Scoper(read_words(HERE / "scope.yml"), real.deck.compiler)
    return Screener(real.deck, scoper, real._spelling, matcher or Matcher(real.deck.cards), clock)


class BrokenPart:
    """A compiled pattern that breaks when it is run."""

    def finditer(self, raw: bytes) -> Iterator[object]:
        raise RuntimeError("out of memory")


class MatcherWithOneBrokenRule(Matcher):
    """Finds what the real one finds, after a rule that breaks."""

    def candidates(self, text: str) -> list[Candidate]:
        card = next(card for card in screener().deck.cards if not card.idiom)
        broken = Compiled("broken", (BrokenPart(),), frozenset(), frozenset())
        return [Candidate(card, broken), *super().candidates(text)]


class DeadMatcher(Matcher):
    """Breaks at once."""

    def candidates(self, text: str) -> list[Candidate]:
        raise MemoryError


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
@settings(max_examples=150, deadline=None)
def test_it_never_raises_and_its_answer_can_be_stored(text: str, context: list[str]) -> None:
    assessment = screen(text, context)
    stored = json.dumps(assessment.to_dict())
    assert "\\ud8" not in stored
    assert "\\u0000" not in stored
    assert Assessment.from_dict(json.loads(stored)) == assessment


def work(subject: Screener, text: str) -> float:
    """Seconds of this thread for one screening."""
    return seconds(lambda: subject.screen(text), times=5)


def test_the_work_on_64_kib_is_bounded_by_the_limit() -> None:
    subject = like_the_real_one()
    capped = work(subject, "my baby is not breathing " * 160)
    assert work(subject, "my baby is not breathing " * 2622) <= 4 * capped + 0.01


def test_the_end_of_a_long_text_is_read_and_its_words_are_found() -> None:
    text = "la despensa abre a las nueve. " * 300 + "mi bebé no respira"
    assessment = screen(text)
    assert assessment.level is Level.EMERGENCY
    assert assessment.not_screened == f"longer than {LONGEST} characters"
    assert text[assessment.findings[0].start : assessment.findings[0].end] == assessment.findings[0].words


def test_a_long_harmless_message_within_the_limit_is_silent() -> None:
    text = "the pantry opens at nine and i bring food for the kids every week. " * 40
    assert 1600 < len(text) < LONGEST
    assert screen(text).level is Level.NONE


def test_a_broken_rule_hides_nothing_that_the_others_find() -> None:
    assessment = like_the_real_one(MatcherWithOneBrokenRule(screener().deck.cards)).screen("i took all my pills")
    assert assessment.level is Level.EMERGENCY
    assert assessment.not_screened is not None
    assert assessment.not_screened.startswith("error: RuntimeError in ")


def test_a_broken_rule_makes_a_harmless_message_urgent() -> None:
    assessment = like_the_real_one(MatcherWithOneBrokenRule(screener().deck.cards)).screen("hello")
    assert (assessment.level, assessment.findings) == (Level.URGENT, ())


def test_a_dead_matcher_means_that_a_person_must_look() -> None:
    assessment = like_the_real_one(DeadMatcher(screener().deck.cards)).screen("hello")
    assert (assessment.level, assessment.not_screened) == (Level.URGENT, "error: MemoryError")


def test_a_clock_that_jumps_ahead_means_that_a_person_must_look() -> None:
    jumps = itertools.count(0.0, 0.060)
    assessment = like_the_real_one(clock=lambda: next(jumps)).screen("thanks for the food")
    assert (assessment.level, assessment.not_screened) == (Level.URGENT, "took more than 50 ms")


def test_what_was_found_before_time_ran_out_is_kept() -> None:
    def cut_after(readings: int) -> Assessment:
        ticks = itertools.chain(itertools.repeat(0.0, readings), itertools.count(9.0, 9.0))
        return like_the_real_one(clock=lambda: next(ticks)).screen("i took all my pills tonight please help")

    cut = [cut_after(readings) for readings in range(1, 30)]
    assert cut[0].not_screened == "took more than 50 ms"
    assert all(each.level >= Level.URGENT for each in cut)
    assert any(each.not_screened and each.findings and each.level is Level.EMERGENCY for each in cut)


@pytest.mark.parametrize("readings", range(1, 30, 4))
def test_a_single_pause_as_of_the_garbage_collector_is_not_laid_to_the_message(readings: int) -> None:
    ticks = itertools.chain(itertools.repeat(0.0, readings), itertools.repeat(9.0))
    assessment = like_the_real_one(clock=lambda: next(ticks)).screen("thanks for the food")
    assert (assessment.level, assessment.not_screened) == (Level.NONE, None)


def test_a_clock_that_jumps_back_does_no_harm() -> None:
    ticks = iter([100.0])
    assert like_the_real_one(clock=lambda: next(ticks, 1.0)).screen("thanks").level is Level.NONE


@pytest.mark.parametrize("wrong", [None, 7, b"help", ["help"]])
def test_what_is_not_text_is_seen_by_a_person(wrong: object) -> None:
    assert screen(wrong).level is Level.URGENT  # type: ignore[arg-type]


def test_a_sentence_split_over_three_texts_is_read_whole() -> None:
    assert screen("pills").level is Level.NONE
    assessment = screen("pills", ["hey", "i took", "all my"])
    assert assessment.level is Level.EMERGENCY
    assert assessment.findings[0].words == "i took all my pills"
    assert (assessment.findings[0].start, assessment.findings[0].end) == (0, 5)
    assert assessment.fresh


def test_an_earlier_danger_still_counts_and_says_that_it_is_earlier() -> None:
    assessment = screen("are you there", ["i took all my pills"])
    assert assessment.level is Level.EMERGENCY
    assert all(each.earlier for each in assessment.findings)
    assert not assessment.fresh
    assert screen("ok thanks", ["call me please"]).level is Level.NONE


def test_a_text_that_completes_a_saying_is_judged_with_what_came_before() -> None:
    assert screen("of embarrassment lol", ["i want to die"]).level is Level.NONE


def test_an_earlier_no_cannot_hide_what_is_said_now() -> None:
    assert screen("quiero morir", ["no"]).level >= Level.URGENT


def test_levels_compare_by_danger() -> None:
    assert sorted(Level, reverse=True) == [Level.EMERGENCY, Level.URGENT, Level.ROUTINE, Level.NONE]
    assert max(Level.NONE, Level.URGENT, Level.ROUTINE) is Level.URGENT
    assert Level.EMERGENCY >= "urgent"
    assert not Level.ROUTINE > "urgent"
    assert Level.NONE < Level.ROUTINE <= Level.ROUTINE


def test_lines_go_on_after_a_bad_one() -> None:
    lines = [
        '{"id": 1, "text": "i took all my pills"}',
        "",
        "not json",
        "[1]",
        '{"text": "no id"}',
        '{"id": 5, "text": 5}',
        '{"id": 6, "text": "pills", "context": "i took"}',
        "[" * 100_000,
        '{"id": "ñ", "text": "gracias", "lang": "es", "context": ["hola"]}',
        '{"id": 9, "text": "all my pills", "context": ["i took"]}',
    ]
    rows = [json.loads(line) for line in screen_lines(lines)]
    assert [row["level"] for row in rows] == ["emergency", *["urgent"] * 6, "none", "emergency"]
    assert [("error" in row) for row in rows] == [False, *[True] * 6, False, False]
    assert rows[1]["error"] == "line 3: not JSON"
    assert rows[4]["id"] == 5
    assert rows[0]["category"] == "suicide"
    assert rows[0]["reasons"][0]["words"] == "i took all my pills"
    assert (rows[0]["reasons"][0]["who"], rows[0]["reasons"][0]["when"]) == ("self", "unsaid")
    assert rows[7] == {"id": "ñ", "level": "none", "category": None, "reasons": []}


def test_the_package_is_pure() -> None:
    """A fresh interpreter that screens a message has loaded nothing of the gateway but this package."""
    program = (
        "import sys, gateway.risk as r; r.screen('hola');"
        "bad=[m for m in sys.modules if m.split('.')[0] in {'flask','sqlalchemy','redis','twilio','httpx','socket'}"
        " or (m.startswith('gateway.') and not m.startswith('gateway.risk'))]; sys.exit(','.join(bad) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_words_that_are_harmless_by_what_stands_beside_them_are_told() -> None:
    [aside] = screen("mi casero me amenaza con desalojo").set_aside
    assert aside.verdict == "beside"
