"""Reads the weights of a linear model of texts, and says what they make of one: no learning library is needed for it.

It knows some tens of thousands of letter runs and word runs, each with a weight for every class, and the meaning of
words, also of those that no row held. ``tools.linear`` makes the weights.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.risk.letters import fold

LETTERS = range(2, 6)  # letter runs of two to five, across words
WORDS = range(1, 4)
LONGEST = 1600  # characters read of one message
LOUDEST = 4.0  # times one word's meaning is the most that a text of many alike may count
Numbers = NDArray[np.float32]
_TOKEN = re.compile(r"[a-z0-9]+|[?!]|[.,;:]")


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


class Linear:
    """The weights of a file, ready to use. Has no state of its own, so that threads may share it."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.about: dict[str, Any] = json.loads(archive.read("about.json"))
            grams = archive.read("grams.txt").decode().split("\n")
            words = archive.read("words.txt").decode().split("\n")
            self.rarity = np.frombuffer(archive.read("rarity.f32"), np.float32)
            self.weights = _table(archive.read("weights.i8"), len(grams))
            self._meanings = _table(archive.read("meanings.i8"), len(words))
        self.place = dict(zip(grams, range(len(grams)), strict=True))
        self._word_place = dict(zip(words, range(len(words)), strict=True))
        self.version: str = self.about["version"]
        self._scale, self._word_scale, self._bias = (
            np.array(self.about[name], np.float32) for name in ("scale", "word_scale", "bias")
        )
        self.names: list[str] = self.about["classes"]
        self._check()

    def _check(self) -> None:
        """Raise ``ValueError`` when the parts do not fit together: half a net must not judge anybody."""
        of_classes = (self._scale, self._word_scale, self._bias, self.weights.T, self._meanings.T)
        if any(len(each) != len(self.names) for each in of_classes) or len(self.rarity) != len(self.place):
            raise ValueError("the net's parts are not of one size")
        if not all(isinstance(name, str) and name for name in self.names):
            raise ValueError("the net has a class without a name")
        if not all(np.isfinite(each).all() for each in (self._scale, self._word_scale, self._bias, self.rarity)):
            raise ValueError("the net holds something that is not a number")

    def chances(self, text: str) -> Numbers:
        """How likely each class is, in the order of ``names``."""
        read = plain(text)
        return softmax(self._bias + self._said(read) + self._meant(read.split()))

    def _said(self, read: str) -> Numbers:
        """What the runs speak for: letter runs and word runs count alike, however many there are of each."""
        total = np.zeros(len(self.names), np.float32)
        for runs in features(read):
            places = [place for place in map(self.place.get, runs) if place is not None]
            if places:
                shares = self.rarity[places]
                shares = shares / np.sqrt((shares * shares).sum())
                # Not "@": that may use threads of its own, and a large machine would add in another order.
                total += np.einsum("i,ij->j", shares, self.weights.take(places, axis=0))
        return total * self._scale

    def _meant(self, words: Sequence[str]) -> Numbers:
        """What the words speak for by their meaning, also those that no row held."""
        places = [self._word_place[word] for word in words if word in self._word_place]
        total: Numbers = self._meanings[places].sum(axis=0, dtype=np.float32)
        return total * self._word_scale / np.float32(divisor(len(words)))


def divisor(words: int) -> float:
    """What the sum of the meanings of so many words is divided by: long texts say more, but must not shout."""
    return max(1.0, math.sqrt(words), words / LOUDEST)


def _table(raw: bytes, lines: int) -> NDArray[np.int8]:
    return np.frombuffer(raw, np.int8).reshape(lines, -1)


def softmax(raw: Numbers) -> Numbers:
    powers = np.exp(raw - raw.max())
    share: Numbers = powers / powers.sum()
    return share
