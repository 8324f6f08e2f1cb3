"""The net under the rules: a linear model that may raise a message's level and never lowers it.

It knows some tens of thousands of letter runs and word runs, each with a weight for every class (a level and what the
message is about), learned from rows that were written for this project (``rows/``) by ``make net``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from gateway.risk.level import Level
from gateway.risk.linear import WORDS, Linear, Numbers, plain

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.zip"
ROWS = HERE / "rows"
STRONGEST = 5
LEVELS = (Level.NONE, Level.ROUTINE, Level.URGENT, Level.EMERGENCY)


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


class Net(Linear):
    """The weights, ready to use. Has no state of its own, so that threads may share it."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        super().__init__(path)
        self._classes = [(Level(level), *about) for level, *about in (each.split(".") for each in self.names)]
        self._levels = [np.array([each[0] == level for each in self._classes]) for level in LEVELS]
        dangers: dict[str, list[int]] = {}
        for place, (level, category, *_part) in enumerate(self._classes):
            if level >= Level.URGENT:
                dangers.setdefault(category, []).append(place)
        self._danger_of = {category: np.array(places) for category, places in dangers.items()}
        if not {"urgent", "emergency_share", "routine"} <= set(self.about["limits"]):
            raise ValueError("the net has no limits")

    def judge(self, text: str) -> Opinion:
        """The net's opinion of one message, or of several joined."""
        chance = self.chances(text)
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
        scored = {run: float(self.weights[at, of] * self.rarity[at]) for run, at in self._runs(words)}
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
                place = self.place.get("=" + run)
                if place is not None:
                    yield run, place


@cache
def net() -> Net:
    """The net that ships, read once per process.

    Raises ``OSError``, ``ValueError``, ``KeyError``, ``EOFError``, ``BadZipFile`` or ``zlib.error`` when it cannot be.
    """
    return Net()
