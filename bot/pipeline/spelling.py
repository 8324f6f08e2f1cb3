"""Spell a text as the sentence vectors know words: accents put back, short forms written out. Pure.

The encoder learned from written Spanish. "xq no hay medico" says less to it than "por qué no hay médico".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bot.pipeline.plain import unaccented

Accents = dict[str, str]
"""Words without accents, and how they are written with them."""

_SHORT = Path(__file__).parent / "short_words.txt"
_WORD = re.compile(r"\w+")
_LEAST_LETTERS = 3
_LEAST_SEEN = 2
_PART = 4
"""A word gets its accents back when at least one in five of its writers put them."""


def accents(texts: Iterable[str]) -> Accents:
    """The spelling with accents of each word that the texts write so often enough; the commonest of several."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    bare: Counter[str] = Counter()
    for text in texts:
        for word in _WORD.findall(text.lower()):
            low = unaccented(word)
            if low == word:
                bare[low] += 1
            else:
                written[low][word] += 1
    return {
        low: spellings.most_common(1)[0][0]
        for low, spellings in written.items()
        if len(low) >= _LEAST_LETTERS and _LEAST_SEEN <= spellings.total() and bare[low] <= _PART * spellings.total()
    }


def spelled(text: str, known: Accents) -> str:
    """The text in small letters with each word as it is written out."""
    return _WORD.sub(lambda match: _written_out(match.group(), known), text.lower())


def _written_out(word: str, known: Accents) -> str:
    low = unaccented(word)
    return _short().get(low) or known.get(low, word)


@cache
def _short() -> dict[str, str]:
    """Short forms of text messages in both languages, and what they stand for."""
    lines = _SHORT.read_text(encoding="utf-8").splitlines()
    return {short: long for short, _, long in (line.partition(" ") for line in lines)}
