"""The net under the rules: a linear model that may raise a message's level and never lowers it.

It knows some tens of thousands of letter runs and word runs, each with a weight for each level, learned from rows that
were written for this project (``rows/``) by ``make net``. Nothing but the standard library runs here.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from gateway.risk.letters import fold
from gateway.risk.level import Level

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.zip"
ROWS = HERE / "rows"
LETTERS = range(2, 6)  # letter runs of two to five, across words
WORDS = range(1, 4)
LONGEST = 1600  # characters read of one message
STRONGEST = 5
LEVELS = (Level.NONE, Level.ROUTINE, Level.URGENT, Level.EMERGENCY)
Pick = Callable[[array[Any]], Sequence[Any]]
_TOKEN = re.compile(r"[a-z0-9]+|[?!]|[.,;:]")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the net makes of a text: how likely each level is, what it is about, and the words that weigh most."""

    chances: dict[Level, float]
    level: Level
    category: str
    strongest: tuple[str, ...]

    def at_least(self, level: Level) -> float:
        """How likely it is that the text deserves this level or a higher one, 0 to 1."""
        return sum(chance for each, chance in self.chances.items() if each >= level)


def plain(text: str) -> str:
    """A text as the net reads it: small letters without accents, words and marks apart, no letter thrice in a row."""
    folded = "".join("?" if char in "?¿" else "!" if char in "!¡" else fold(char) for char in text[:LONGEST])
    words = (re.sub(r"([a-z])\1{2,}", r"\1\1", token) for token in _TOKEN.findall(folded))
    return " " + " ".join("." if word in ".,;:" else word for word in words) + " "


def features(text: str) -> set[str]:
    """The letter runs and word runs (these begin with '=') of a plain text."""
    found = {text[at : at + size] for size in LETTERS for at in range(len(text) - size + 1)}
    words = [word for word in text.split() if word.isalnum()]
    for size in WORDS:
        found.update("=" + " ".join(words[at : at + size]) for at in range(len(words) - size + 1))
    return found


class Net:
    """The weights, ready to use. Has no state of its own, so that threads may share it."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        with zipfile.ZipFile(path) as archive:
            self.about: dict[str, Any] = json.loads(archive.read("about.json"))
            grams = archive.read("grams.txt").decode().split("\n")
            self._rarity = _numbers(archive.read("rarity.f32"), "f")
            self._levels = [_numbers(archive.read(f"level{index}.i8"), "b") for index in range(len(LEVELS))]
            words = archive.read("words.txt").decode().split("\n")
            self._words = [_numbers(archive.read(f"word{index}.i8"), "b") for index in range(len(LEVELS))]
            names = self.about["categories"]
            self._categories = {name: _numbers(archive.read(f"category.{name}.i8"), "b") for name in names}
        self._place = dict(zip(grams, range(len(grams)), strict=True))
        self._word_place = dict(zip(words, range(len(words)), strict=True))
        self.version: str = self.about["version"]

    def judge(self, text: str) -> Opinion:
        """The net's opinion of one message, or of several joined."""
        read = plain(text)
        places = sorted(self._place[gram] for gram in features(read) if gram in self._place)
        pick = _picker(places)
        rarities = pick(self._rarity)
        length = math.hypot(*rarities) or 1.0
        shares = [rarity / length for rarity in rarities]
        meant = self._meant(read.split())
        chances = dict(zip(LEVELS, _softmax(map(sum, zip(self._said(pick, shares), meant, strict=True))), strict=True))
        level = self._level(chances)
        category = ""
        strongest: tuple[str, ...] = ()
        if level > Level.NONE:
            category = self._category(pick, shares)
            strongest = self._strongest(read, level)
        return Opinion(chances, level, category, strongest)

    def _said(self, pick: Pick, shares: Sequence[float]) -> list[float]:
        """What the runs speak for, a number for each level."""
        scale, bias = self.about["level_scale"], self.about["level_bias"]
        return [bias[index] + scale * math.sumprod(shares, pick(weights)) for index, weights in enumerate(self._levels)]

    def _meant(self, words: Sequence[str]) -> list[float]:
        """What the words speak for by their meaning, also those that no row held."""
        places = [self._word_place[word] for word in words if word in self._word_place]
        share = self.about["word_scale"] / math.sqrt(len(words) or 1)
        return [share * sum(weights[at] for at in places) for weights in self._words]

    def _level(self, chances: dict[Level, float]) -> Level:
        """The highest level whose threshold is passed; the thresholds were set on rows kept from training."""
        limits = self.about["limits"]
        danger = chances[Level.URGENT] + chances[Level.EMERGENCY]
        if danger >= limits["urgent"]:
            share = chances[Level.EMERGENCY] / danger
            return Level.EMERGENCY if share >= limits["emergency_share"] else Level.URGENT
        if danger + chances[Level.ROUTINE] >= limits["routine"]:
            return Level.ROUTINE
        return Level.NONE

    def _category(self, pick: Pick, shares: Sequence[float]) -> str:
        bias = self.about["category_bias"]
        scale = self.about["category_scale"]
        score: dict[str, float] = {
            name: bias[name] + scale * math.sumprod(shares, pick(weights)) for name, weights in self._categories.items()
        }
        return max(sorted(score), key=score.__getitem__)

    def _strongest(self, read: str, level: Level) -> tuple[str, ...]:
        """The word runs that speak most for the level, longest first where they overlap."""
        weights = self._levels[LEVELS.index(level)]
        words = [word for word in read.split() if word.isalnum()]
        scored = {run: weights[at] * self._rarity[at] for run, at in self._runs(words)}
        best: list[str] = []
        for run in sorted(scored, key=lambda run: (-scored[run], run)):
            if scored[run] <= 0 or len(best) == STRONGEST:
                break
            if not any(f" {run} " in f" {kept} " or f" {kept} " in f" {run} " for kept in best):
                best.append(run)
        return tuple(best)

    def _runs(self, words: Sequence[str]) -> Iterator[tuple[str, int]]:
        for size in WORDS:
            for start in range(len(words) - size + 1):
                run = " ".join(words[start : start + size])
                place = self._place.get("=" + run)
                if place is not None:
                    yield run, place


def _picker(places: Sequence[int]) -> Pick:
    """Reads these places of a row of weights, in C: a long message has thousands."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda weights: [weights[at] for at in places]


def _numbers(raw: bytes, kind: str) -> array[Any]:
    numbers = array(kind)
    numbers.frombytes(raw)
    return numbers


def _softmax(raw: Iterable[float]) -> list[float]:
    values = list(raw)
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    return [power / sum(powers) for power in powers]


@cache
def net() -> Net:
    """The net that ships, read once per process. Raises ``OSError`` or ``ValueError`` when it cannot be."""
    return Net()
