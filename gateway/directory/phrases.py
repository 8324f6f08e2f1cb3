"""Finds known phrases in a text, however many are known: by their first word, the longest one that fits."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from gateway.directory.folding import fold_closed

WORD = re.compile(r"\w+")
SHORTEST_STEM = 2
ANY_ENDING = "*"
GAP, WIDEST_GAP = "_", 2
MOST_KEPT = 50_000  # words
TEXTS_KEPT = 2_048  # names of places, whom it is for: the same ones again and again
LONGEST_KEPT = 600  # characters
Phrase = tuple[tuple[str, ...], frozenset[str]]


class Hit(NamedTuple):
    """A phrase that stands in a text: what it means, and the words of the text that it covers, the last excluded."""

    meanings: frozenset[str]
    start: int
    end: int


class Phrases:
    """Phrases with their meanings. A longer phrase hides those inside it.

    A star after a word stands for any ending, ``_`` for at most two words ("shut _ off").
    """

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        meanings: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for phrase, meaning in phrases:
            if tokens := _tokens(phrase):
                meanings[tokens].add(meaning)
        self._by_word: dict[str, tuple[Phrase, ...]] = {}
        self._kept = lru_cache(TEXTS_KEPT)(self._meant)
        self._starting: dict[str, list[Phrase]] = defaultdict(list)
        for tokens, meant in sorted(meanings.items(), key=lambda item: (-len(item[0]), item[0])):
            self._starting[tokens[0]].append((tokens, frozenset(meant)))
        self._longest_start = max(map(len, self._starting), default=0)

    @property
    def words(self) -> frozenset[str]:
        """Every word of every phrase, without stars."""
        return frozenset(
            token.rstrip(ANY_ENDING) for found in self._starting.values() for tokens, _ in found for token in tokens
        ) - {GAP}

    @property
    def stems(self) -> frozenset[str]:
        """The words after which any ending may stand."""
        phrases = (tokens for found in self._starting.values() for tokens, _ in found)
        return frozenset(token[:-1] for tokens in phrases for token in tokens if token.endswith(ANY_ENDING))

    def hits(self, words: list[str]) -> Iterator[Hit]:
        """What stands in a text, from left to right; ``words`` as :func:`words_in` gives them."""
        at = 0
        while at < len(words):
            length, meanings = self._longest(words, at)
            if length:
                yield Hit(meanings, at, at + length)
            at += length or 1

    def in_text(self, *texts: str | None) -> set[str]:
        """The meanings of all phrases that stand in a publisher's texts; short ones come again, and are kept."""
        found: set[str] = set()
        for text in texts:
            if text:
                found |= self._kept(text) if len(text) <= LONGEST_KEPT else self._meant(text)
        return found

    def _meant(self, text: str) -> frozenset[str]:
        return frozenset(meaning for hit in self.hits(words_in(text)) for meaning in hit.meanings)

    def _longest(self, words: list[str], at: int) -> tuple[int, frozenset[str]]:
        """How many words the longest phrase that fits here covers, and what it and its equals mean."""
        best, covered, meanings = 0, 0, frozenset[str]()
        for tokens, meant in self._beginning(words[at]):
            length = _fits(tokens, words, at) if len(tokens) >= best else 0
            if length:
                meanings = meant if len(tokens) > best else meanings | meant
                best, covered = len(tokens), max(length, covered if len(tokens) == best else 0)
        return covered, meanings

    def _beginning(self, word: str) -> tuple[Phrase, ...]:
        """The phrases that may begin with a word; kept, because the same few words make up most texts."""
        known = self._by_word.get(word)
        if known is None:
            longest = min(len(word), self._longest_start)  # a "word" of a megabyte has as many beginnings as letters
            starts = (word, *(word[:end] + ANY_ENDING for end in range(longest, SHORTEST_STEM - 1, -1)))
            known = tuple(one for start in starts for one in self._starting.get(start, ()))
            if len(self._by_word) >= MOST_KEPT:
                self._by_word.clear()
            if len(word) <= LONGEST_KEPT:
                self._by_word[word] = known
        return known


def words_in(text: str) -> list[str]:
    """The words of a text, folded; "can't" is one of them, "medi-cal" two."""
    return WORD.findall(fold_closed(text))


def _tokens(phrase: str) -> tuple[str, ...]:
    plain = fold_closed(phrase)
    return tuple(re.findall(r"\w+\*?", plain))


def _fits(tokens: tuple[str, ...], words: list[str], at: int) -> int:
    """How many words the phrase covers here, 0 where it does not stand here."""
    end = at
    for number, token in enumerate(tokens):
        if token == GAP:
            rest = tokens[number + 1 :]
            tried = (_fits(rest, words, end + skipped) for skipped in range(WIDEST_GAP + 1))
            skipped, length = next(((n, found) for n, found in enumerate(tried) if found), (0, 0))
            return end + skipped + length - at if length else 0
        if end >= len(words) or not _is(token, words[end]):
            return 0
        end += 1
    return end - at


def _is(token: str, word: str) -> bool:
    return word.startswith(token[:-1]) if token.endswith(ANY_ENDING) else word == token
