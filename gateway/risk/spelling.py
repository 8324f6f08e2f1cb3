"""How residents spell: shorthand, leet, letters repeated or pulled apart, Spanish written by ear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.risk.letters import Token, fold, merge

_LEET = str.maketrans("013457@$!|+", "oieastasiit")
_UNITS = frozenset("yo yr yrs year years mo mos month months am pm mg mgs hr hrs h min mins st nd rd th f m k".split())
_SPLIT_FROM = 12  # a shorter word that is not known is far more often a plain word than words without spaces
_LONGEST_SPLIT = 60
_LONGEST_KNOWN = 14


@dataclass(frozen=True)
class Spelling:
    """The tables that repair spelling, and the words that the cards know (which need no repair)."""

    english: dict[str, str]
    spanish: dict[str, str]
    merges: dict[tuple[str, str], str]
    sounds: dict[str, str]
    known: frozenset[str] = frozenset()


def read_spelling(written: Mapping[str, Any], known: frozenset[str]) -> Spelling:
    """The tables of spelling.yml."""
    pairs = {(first, second): joined for pair, joined in written["merges"].items() for first, second in [pair.split()]}
    return Spelling(
        english={**written["shared"], **written["english"]},
        spanish={**written["shared"], **written["spanish"]},
        merges=pairs,
        sounds={sound_key(word): word for word in written["sounds"]},
        known=known,
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
    if word in known or len(word) > _LONGEST_SPLIT:
        return [word]
    best: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_KNOWN), end):
            before, now = best[start], best[end]
            if before is None or word[start:end] not in known:
                continue
            if now is None or len(before) + 1 < len(now):
                best[end] = [*before, word[start:end]]
    return best[len(word)] or [word]


def sound_key(word: str) -> str:
    """How Spanish sounds, roughly: words that are pronounced alike in America share a key."""
    key = word.replace("qu", "k").replace("h", "").replace("ll", "y").replace("v", "b").replace("z", "s")
    key = re.sub(r"c(?=[ei])", "s", key)
    return re.sub(r"(.)\1+", r"\1", key.replace("c", "k").replace("q", "k").replace("x", "s"))


def repair(word: str, table: Mapping[str, str], spelling: Spelling) -> list[str]:
    """The words that one typed word stands for: by table, leet, repeated letters, words run together, or sound."""
    hashtag, word = word.startswith("#"), word.lstrip("#")
    if word in table:
        return table[word].split()
    parts = [part for piece in re.findall(r"[a-z0-9]+", _unleet(word)) for part in split_unit(piece)]
    if len(parts) != 1:
        return parts
    word = _squeezed(parts[0], spelling.known)
    if word in table:
        return table[word].split()
    if word in spelling.known:
        return [word]
    if hashtag or len(word) >= _SPLIT_FROM:
        return split_known(word, spelling.known)
    return [spelling.sounds.get(sound_key(word), word)]


def _unleet(word: str) -> str:
    """'k!ll', '5u1c1d3' and '$uicide' as letters; plain words, numbers and '14yo' untouched."""
    if word.isalpha() or not any(char.isalpha() for char in word) or len(split_unit(word)) > 1:
        return word
    return word.translate(_LEET).replace("*", "")


def _squeezed(word: str, known: frozenset[str]) -> str:
    twice = squeeze(word, 2)
    return twice if twice in known else squeeze(word, 1)
