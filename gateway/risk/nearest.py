"""Which known word a misspelled one was meant to be: within one slip, or two in a long word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations

_ONE_SLIP_FROM = 5  # letters
_TWO_SLIPS_FROM = 7
_LOOKED_AT = 7  # letters of a word that the index holds
_KEPT_READY = 2048  # words
# What a slip costs: a vowel or h too many or missing, neighbours swapped, a letter for one that sounds like it (_SLIP);
# any other letter too many or missing; a letter for one that sounds unlike.
_SLIP, _CONSONANT, _WRONG_LETTER = 4, 5, 7
_ONE, _TWO = 7, 9  # what a word may cost in all: one slip of any kind, or two that are not both grave
_ALIKE = ("aeiou", "iy", "bvpf", "cszxkq", "gj", "mn", "dt", "lr")
_COST = {(one, other): _SLIP for group in _ALIKE for one in group for other in group}
_LIGHT = frozenset("aeiouh")


class Nearest:
    """Known words by what is left of them when letters are dropped: two words that are close share such a rest.

    The first letter is never among two that are dropped: hardly anyone gets that one wrong and another one as well.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._by_rest: dict[str, str] = {}
        for word in sorted(words):
            if len(word) >= _ONE_SLIP_FROM and word.isalpha():
                for rest in (*_rests_of_one(word), *_rests_of_two(word)):
                    held = self._by_rest.get(rest)
                    self._by_rest[rest] = f"{held} {word}" if held else word
        self.to = lru_cache(_KEPT_READY)(self._to)

    def _to(self, typed: str) -> str | None:
        """The known word that is nearest, or None when none is near.

        A letter too many, missing, swapped with its neighbour or taken for another is a slip, and two of them are
        allowed in a long word, but not two that change its sound much: else "mudarnos" (to move house) is read as
        "matarnos" (to kill us).
        """
        if len(typed) < _ONE_SLIP_FROM:
            return None
        return self._best(typed, _rests_of_one(typed)) or self._best(typed, _rests_of_two(typed))

    def _best(self, typed: str, rests: Iterable[str]) -> str | None:
        near = {word for rest in rests for word in self._by_rest.get(rest, "").split()}
        ranked = []
        for word in near:
            most = _TWO if min(len(typed), len(word)) >= _TWO_SLIPS_FROM else _ONE
            cost = _cost(typed, word, most) if _starts_alike(typed, word) else None
            if cost is not None:
                ranked.append((cost, typed[-1] != word[-1], abs(len(typed) - len(word)), word))
        return min(ranked)[-1] if ranked else None


def _starts_alike(typed: str, word: str) -> bool:
    one, other = typed[0], word[0]
    return one == other or (one, other) in _COST or typed[1] == other or word[1] == one


def _rests_of_one(word: str) -> Iterator[str]:
    """The word's beginning, whole and without any one letter."""
    start = word[:_LOOKED_AT]
    yield start
    for at in range(len(start)):
        yield start[:at] + start[at + 1 :]


def _rests_of_two(word: str) -> Iterator[str]:
    """The beginning of a long word without any two letters."""
    if len(word) >= _TWO_SLIPS_FROM:
        start = word[:_LOOKED_AT]
        for first, second in combinations(range(1, len(start)), 2):
            yield start[:first] + start[first + 1 : second] + start[second + 1 :]


def _cost(typed: str, word: str, most: int) -> int | None:
    """What it costs to turn one word into the other, or None when that is more than `most`."""
    if abs(len(typed) - len(word)) * _SLIP > most or len(set(typed) ^ set(word)) * _SLIP > 2 * most:
        return None
    typed, word = _without_common_ends(typed, word)
    earlier: list[int] = []
    row = [0]
    for other in word:
        row.append(row[-1] + _step("", other))
    for down, letter in enumerate(typed):
        earlier, before, row = row, earlier, [row[0] + _step("", letter)]
        for right, other in enumerate(word):
            cost = min(
                earlier[right + 1] + _step("", letter),
                row[right] + _step("", other),
                earlier[right] + _step(letter, other),
            )
            if right and down and letter == word[right - 1] and typed[down - 1] == other:
                cost = min(cost, before[right - 1] + _SLIP)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def _step(letter: str, other: str) -> int:
    """What one letter in the place of another costs; '' for none."""
    if letter == other:
        return 0
    if letter and other:
        return _COST.get((letter, other), _WRONG_LETTER)
    return _SLIP if (letter or other) in _LIGHT else _CONSONANT


def _without_common_ends(one: str, other: str) -> tuple[str, str]:
    start, shorter = 0, min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]
