"""The net under the rules: a linear model that may raise a message's level and never lowers it.

It knows some tens of thousands of letter runs and word runs, each with a weight for every class (a level and what the
message is about), learned from rows that were written for this project (``rows/``) by ``make net``.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.risk.letters import fold
from gateway.risk.level import Level

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.zip"
ROWS = HERE / "rows"
LETTERS = range(2, 6)  # letter runs of two to five, across words
WORDS = range(1, 4)
LONGEST = 1600  # characters read of one message
STRONGEST = 5
LOUDEST = 4.0  # times one word's meaning is the most that a text of many alike may count
LEVELS = (Level.NONE, Level.ROUTINE, Level.URGENT, Level.EMERGENCY)
Numbers = NDArray[np.float32]
_TOKEN = re.compile(r"[a-z0-9]+|[?!]|[.,;:]")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the net makes of a text: how likely each level is, the level that follows, and what the text is about."""

    chances: dict[Level, float]
    level: Level
    category: str = ""
    part: str = ""  # of the category, where it has several
    share: float = 1.0  # of the chance of danger, how much is of this category

    def at_least(self, level: Level) -> float:
        """How likely it is that the text deserves this level or a higher one, 0 to 1."""
        return sum(chance for each, chance in self.chances.items() if each >= level)


def plain(text: str) -> str:
    """A text as the net reads it: small letters without accents, words and marks apart, no letter thrice in a row."""
    folded = "".join("?" if char in "?¿" else "!" if char in "!¡" else fold(char) for char in text[:LONGEST])
    words = (re.sub(r"([a-z])\1{2,}", r"\1\1", token) for token in _TOKEN.findall(folded))
    return " " + " ".join("." if word in ".,;:" else word for word in words) + " "


def features(text: str) -> tuple[list[str], list[str]]:
    """The letter runs and the word runs (these begin with '=') of a plain text, each once, in their order."""
    letters = dict.fromkeys(text[at : at + size] for size in LETTERS for at in range(len(text) - size + 1))
    words = [word for word in text.split() if word.isalnum()]
    runs = dict.fromkeys("=" + " ".join(words[at : at + size]) for size in WORDS for at in range(len(words) - size + 1))
    return list(letters), list(runs)


class Net:
    """The weights, ready to use. Has no state of its own, so that threads may share it."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        with zipfile.ZipFile(path) as archive:
            self.about: dict[str, Any] = json.loads(archive.read("about.json"))
            grams = archive.read("grams.txt").decode().split("\n")
            words = archive.read("words.txt").decode().split("\n")
            self._rarity = np.frombuffer(archive.read("rarity.f32"), np.float32)
            self._weights = _table(archive.read("weights.i8"), len(grams))
            self._meanings = _table(archive.read("meanings.i8"), len(words))
        self._place = dict(zip(grams, range(len(grams)), strict=True))
        self._word_place = dict(zip(words, range(len(words)), strict=True))
        self.version: str = self.about["version"]
        self._scale, self._word_scale, self._bias = (
            np.array(self.about[name], np.float32) for name in ("scale", "word_scale", "bias")
        )
        self._classes = [
            (Level(level), *about) for level, *about in (each.split(".") for each in self.about["classes"])
        ]
        self._levels = [np.array([each[0] == level for each in self._classes]) for level in LEVELS]
        dangers: dict[str, list[int]] = {}
        for place, (level, category, *_part) in enumerate(self._classes):
            if level >= Level.URGENT:
                dangers.setdefault(category, []).append(place)
        self._danger_of = {category: np.array(places) for category, places in dangers.items()}
        self._check()

    def _check(self) -> None:
        """Raise ``ValueError`` when the parts do not fit together: half a net must not judge anybody."""
        of_classes = (self._scale, self._word_scale, self._bias, self._weights.T, self._meanings.T)
        if any(len(each) != len(self._classes) for each in of_classes) or len(self._rarity) != len(self._place):
            raise ValueError("the net's parts are not of one size")
        if not all(np.isfinite(each).all() for each in (self._scale, self._word_scale, self._bias, self._rarity)):
            raise ValueError("the net holds something that is not a number")
        if not {"urgent", "emergency_share", "routine"} <= set(self.about["limits"]):
            raise ValueError("the net has no limits")

    def judge(self, text: str) -> Opinion:
        """The net's opinion of one message, or of several joined."""
        read = plain(text)
        chance = _softmax(self._bias + self._said(read) + self._meant(read.split()))
        chances = {level: float(chance[of].sum()) for level, of in zip(LEVELS, self._levels, strict=True)}
        level = self._level(chances)
        if level is Level.NONE:
            return Opinion(chances, level)
        best = int((chance * self._levels[LEVELS.index(level)]).argmax())
        return Opinion(chances, level, *self._about(best), share=self._share(chance, self._about(best)[0]))

    def _about(self, place: int) -> tuple[str, str]:
        """Category and part of a class."""
        _level, category, *part = self._classes[place]
        return category, part[0] if part else ""

    def _share(self, chance: Numbers, category: str) -> float:
        """Of the chance of danger, how much is of one category."""
        danger = sum(float(chance[of].sum()) for of in self._danger_of.values())
        return (
            float(chance[self._danger_of[category]].sum()) / max(danger, 1e-9) if category in self._danger_of else 0.0
        )

    def _said(self, read: str) -> Numbers:
        """What the runs speak for: letter runs and word runs count alike, however many there are of each."""
        total = np.zeros(len(self._classes), np.float32)
        for runs in features(read):
            places = [place for place in map(self._place.get, runs) if place is not None]
            if places:
                shares = self._rarity[places]
                shares = shares / np.sqrt((shares * shares).sum())
                # Not "@": that may use threads of its own, and a large machine would add in another order.
                total += np.einsum("i,ij->j", shares, self._weights.take(places, axis=0))
        return total * self._scale

    def _meant(self, words: Sequence[str]) -> Numbers:
        """What the words speak for by their meaning, also those that no row held."""
        places = [self._word_place[word] for word in words if word in self._word_place]
        total: Numbers = self._meanings[places].sum(axis=0, dtype=np.float32)
        return total * self._word_scale / np.float32(divisor(len(words)))

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

    def strongest(self, text: str, opinion: Opinion) -> tuple[str, ...]:
        """The word runs that speak most for the opinion on that text, longest first where they overlap."""
        about = (opinion.category, opinion.part) if opinion.part else (opinion.category,)
        of = self._classes.index((opinion.level, *about))
        words = [word for word in plain(text).split() if word.isalnum()]
        scored = {run: float(self._weights[at, of] * self._rarity[at]) for run, at in self._runs(words)}
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


def divisor(words: int) -> float:
    """What the sum of the meanings of so many words is divided by: long texts say more, but must not shout."""
    return max(1.0, math.sqrt(words), words / LOUDEST)


def _table(raw: bytes, lines: int) -> NDArray[np.int8]:
    return np.frombuffer(raw, np.int8).reshape(lines, -1)


def _softmax(raw: Numbers) -> Numbers:
    powers = np.exp(raw - raw.max())
    share: Numbers = powers / powers.sum()
    return share


@cache
def net() -> Net:
    """The net that ships, read once per process.

    Raises ``OSError``, ``ValueError``, ``KeyError``, ``EOFError``, ``BadZipFile`` or ``zlib.error`` when it cannot be.
    """
    return Net()
