"""Which patterns can possibly match a text, and where they do: Aho-Corasick first, then RE2 on the few that may.

One RE2 set of all patterns was tried on paper and left: patterns with gaps multiply its states, and a set whose memory
runs out answers "no match" without a word. Here every step is linear in the text, and none can fail in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from gateway.risk.cards import Card
from gateway.risk.pattern import Compiled

_NEARBY = 120  # characters; about twenty words


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern whose rarest words stand in the text."""

    card: Card
    pattern: Compiled


class Matcher:
    """Finds the patterns of many cards in a view's text."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._candidates = [
            Candidate(card, pattern) for card in cards for group in card.patterns.values() for pattern in group
        ]
        wanted: dict[str, list[int]] = {}
        for index, candidate in enumerate(self._candidates):
            for literal in candidate.pattern.triggers:
                wanted.setdefault(literal, []).append(index)
        self._of_literal = list(wanted.values())
        self._literals = AhoCorasick(list(wanted))

    def candidates(self, text: str) -> list[Candidate]:
        """The patterns that may match, most dangerous cards first, in a fixed order."""
        hits = {literal for literal, _, _ in self._literals.find_matches_as_indexes(text, overlapping=True)}
        indexes = {index for literal in hits for index in self._of_literal[literal]}
        chosen = [self._candidates[index] for index in sorted(indexes)]
        return sorted(chosen, key=lambda candidate: -candidate.card.level.rank)


def spans(pattern: Compiled, text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern matches; for 'a & b', where a stands with b nearby."""
    raw = text.encode("ascii")
    first, *others = pattern.parts
    for match in first.finditer(raw):
        start, end = match.span()
        around = raw[max(0, start - _NEARBY) : end + _NEARBY]
        if all(other.search(around) for other in others):
            yield start, end


def any_match(patterns: Iterable[Compiled], text: str) -> bool:
    """Whether one of the patterns stands in the text. Only those whose rarest words are there are tried."""
    words = text + " "  # the text may end where a word does
    return any(
        any(map(words.__contains__, each.triggers)) and next(spans(each, text), None) is not None for each in patterns
    )
