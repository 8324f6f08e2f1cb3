"""However a word is spelled it is read, and what was read can be found again in the words as typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.risk import Level, screen
from gateway.risk.letters import tokens_of
from gateway.risk.screening import screener
from gateway.risk.views import views_of

SPELLING = screener()._spelling
ANYTHING = st.text(st.characters(), max_size=200)
TYPED = st.text(st.sampled_from("aeikmlnoqrstuy ., !?'’@$013\u200b\u0301ÁñЕ🔫"), max_size=120)


@pytest.mark.parametrize(
    "typed",
    [
        "I want to kill myself",
        "i WANT to KILL myself!!!",
        "i want to kiiiiill myself",
        "i wanna k!ll myself",
        "i w4nt to k1ll mys3lf",
        "i want to \u200bki\u200dll my\u2060self",
        "i want to k\u0456ll mys\u0435lf",
        "i want to ｋｉｌｌ myself",
        "i want to k.i.l.l myself",
        "i want to k i l l myself",
        "\u202ei want to kill myself\u202c",
        "#iwannakillmyself",
        "i wanna kms",
        "me quiero matar",
        "ME QUIERO MATAR",
        "quiero morír",
        "kiero morir",
        "quiero m o r i r",
        "#quieromorir",
        "ya no kero vibir",
        "quiero suisidarme",
        "toy pensando en matarme",
    ],
)
def test_spellings_of_a_wish_to_die_are_all_read(typed: str) -> None:
    assert screen(typed).level >= Level.URGENT


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ok… I took  ALL my pills, bye", "I took  ALL my pills"),
        ("Señor: «me tomé todas las pastillas»", "me tomé todas las pastillas"),
        ("hey \u200bi want to k.i.l.l myself", "want to k.i.l.l myself"),
        ("mi bebé no respira", "no respira"),
    ],
)
def test_the_evidence_is_the_words_as_typed(typed: str, words: str) -> None:
    findings = screen(typed).findings
    assert words in {typed[each.start : each.end] for each in findings}
    assert all(each.words == typed[each.start : each.end] for each in findings)


@given(st.one_of(ANYTHING, TYPED))
@settings(max_examples=150, deadline=None)
def test_every_token_of_every_view_points_into_the_raw_text(raw: str) -> None:
    for view in views_of(raw, SPELLING):
        before = 0
        for index, token in enumerate(view.tokens):
            assert 0 <= token.start < token.end <= len(raw)
            assert token.start >= before
            before = token.start
            start = view.start_of(index)
            assert view.text[start : start + len(token.text) + 1] == " " + token.text
            assert view.raw_range(start, start + len(token.text) + 1) == (token.start, token.end)
        assert view.text.isascii()


@given(st.lists(st.sampled_from(["quiero", "food", "pañal", "911", "Él", "don't", "niño"]), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_plain_words_keep_their_exact_places(words: list[str]) -> None:
    raw = "  ".join(words)
    assert [raw[token.start : token.end] for token in tokens_of(raw)] == words


def test_a_repair_never_hides_the_plain_reading() -> None:
    names = [view.name for view in views_of("k onda, u ok?", SPELLING)]
    assert names == ["plain", "english shorthand", "spanish shorthand"]
    assert [view.name for view in views_of("hello there", SPELLING)] == ["plain"]
