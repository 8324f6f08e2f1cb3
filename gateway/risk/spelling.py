"""How residents spell: shorthand, leet, letters repeated or pulled apart, Spanish written by ear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gateway.risk.dictionary import CommonWords
from gateway.risk.letters import Token, fold, merge
from gateway.risk.nearest import Nearest
from gateway.risk.pictures import NO_PICTURES, Pictures
from gateway.risk.sounds import sound_key

_LEET = str.maketrans("013457@$!|+", "oieastasiit")
_LEET_ONE_AS_L = str.maketrans("013457@$!|+", "oleastaslit")
_UNITS = frozenset("yo yr yrs year years mo mos month months am pm mg mgs hr hrs h min mins st nd rd th f m k".split())
_SPLIT_FROM = 7  # letters; a shorter word that is not known is hardly ever two
_SPLIT_LETTERS = 2.5  # a word, on average: fewer, and any string is made of little words
_LONGEST_KNOWN = 14
_COST_OF_A_LETTER = 1.5  # words: "ya no" rather than "y ano"
_SHORTEST_BY_EAR = 5
_HIDDEN = "*"  # for the vowel of a word that filters might see: "k*ll"


@cache
def common_words() -> CommonWords:
    """The common words that ship, read once per process."""
    return CommonWords()


@dataclass(frozen=True)
class Spelling:
    """The tables that repair spelling, and the words that the cards know (which need no repair)."""

    english: dict[str, str]
    spanish: dict[str, str]
    merges: dict[tuple[str, str], str]
    sounds: dict[str, str]
    known: frozenset[str] = frozenset()
    common: CommonWords = field(default_factory=common_words)
    nearest: Nearest = field(default_factory=lambda: Nearest(()))
    pictures: Pictures = NO_PICTURES

    def is_word(self, word: str) -> bool:
        """Whether the word is in use as it stands, so that it is no slip of another."""
        return word in self.known or word in self.common


def read_spelling(
    written: Mapping[str, Any], known: frozenset[str], by_ear: Iterable[str] = (), pictures: Pictures = NO_PICTURES
) -> Spelling:
    """The tables of spelling.yml, to repair spelling towards the `known` words.

    `by_ear` are Spanish words of the cards: what sounds like one of them is read as it, after what sounds like one of
    the file's own list.
    """
    pairs = {(first, second): joined for pair, joined in written["merges"].items() for first, second in [pair.split()]}
    heard = [word for word in sorted(by_ear) if len(word) >= _SHORTEST_BY_EAR and word.isalpha()]
    return Spelling(
        english={**written["shared"], **written["english"]},
        spanish={**written["shared"], **written["spanish"]},
        merges=pairs,
        sounds={sound_key(word): word for word in (*heard, *written["sounds"])},
        known=known,
        nearest=Nearest(known),
        pictures=pictures,
    )


def fold_words(words: str, spelling: Spelling) -> list[str]:
    """The words of a card's pattern, folded as the plain view folds a message. A final '*' (any ending) stays."""
    tokens = []
    for word in words.split():
        folded = "".join(fold(char) for char in word.rstrip("*"))
        tokens += [Token(each, 0, 0) for each in re.findall(r"[a-z0-9]+|[.,]", folded)]
        if tokens and word.endswith("*"):
            tokens[-1] = Token(tokens[-1].text + "*", 0, 0)
    return [token.text for token in merge(tokens, spelling.merges)]


def squeeze(word: str, keep: int) -> str:
    """The word with every letter that stands three times or more in a row cut down to `keep`."""
    return re.sub(r"([a-z])\1{2,}", lambda run: run.group(1) * keep, word)


def split_unit(word: str) -> list[str]:
    """'14yo' and '20mg' as number and unit; any other word alone."""
    digits = len(word) - len(word.lstrip("0123456789"))
    if 0 < digits < len(word) and word[digits:] in _UNITS:
        return [word[:digits], word[digits:]]
    return [word]


def split_known(word: str, known: frozenset[str]) -> list[str]:
    """A word typed without spaces as the fewest known words, or itself when it is not made of known words."""
    if word in known:
        return [word]
    fewest: list[float | None] = [0, *([None] * len(word))]
    came_from = [0] * (len(word) + 1)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_KNOWN), end):
            before, now = fewest[start], fewest[end]
            cost = 1 if end - start > 1 else _COST_OF_A_LETTER
            if before is None or (now is not None and now <= before + cost) or word[start:end] not in known:
                continue
            fewest[end], came_from[end] = before + cost, start
    if fewest[-1] is None:
        return [word]
    parts, end = [], len(word)
    while end:
        parts.append(word[came_from[end] : end])
        end = came_from[end]
    return parts[::-1]


def repair(word: str, table: Mapping[str, str], spelling: Spelling) -> list[str]:
    """The words that one typed word stands for: by table, leet, repeated letters, sound, words run together, slips."""
    hashtag, word = word.startswith("#"), word.lstrip("#")
    if word in table:
        return table[word].split()
    if word in spelling.known:
        return [word]
    parts = [part for piece in re.findall(r"[a-z0-9]+", unleet(word, spelling.known)) for part in split_unit(piece)]
    if len(parts) != 1:
        return parts
    word = _squeezed(parts[0], spelling.known)
    if word in table:
        return table[word].split()
    if word in spelling.known or (not hashtag and spelling.is_word(word)):
        return [word]
    return _respelled(word, spelling, hashtag=hashtag)


def _respelled(word: str, spelling: Spelling, *, hashtag: bool) -> list[str]:
    """What a word that nobody knows may be."""
    heard = spelling.sounds.get(sound_key(word))
    if heard is not None:
        return [heard]
    if hashtag or len(word) >= _SPLIT_FROM:
        parts = split_known(word, spelling.known)
        if len(parts) > 1 and (hashtag or len(word) >= _SPLIT_LETTERS * len(parts)):
            return parts
    return [spelling.nearest.to(word) or word]


def unleet(word: str, known: frozenset[str]) -> str:
    """'k!ll', '5u1c1d3', 'ki11', '$uicide' and 'k*ll' as letters; plain words, numbers and '14yo' untouched."""
    if word.isalpha() or not any(char.isalpha() for char in word) or len(split_unit(word)) > 1:
        return word
    readings = [word.translate(_LEET), word.translate(_LEET_ONE_AS_L)]
    if _HIDDEN in word:
        readings += [word.translate(_LEET).replace(_HIDDEN, vowel) for vowel in "aeiou"]
    known_ones = (reading for reading in readings if squeeze(reading, 1) in known or squeeze(reading, 2) in known)
    return next(known_ones, readings[0]).replace(_HIDDEN, "")


def _squeezed(word: str, known: frozenset[str]) -> str:
    twice = squeeze(word, 2)
    return twice if twice in known else squeeze(word, 1)
