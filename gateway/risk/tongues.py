"""The clearest phrases of danger in languages that the cards do not read: few, and counted wherever they stand."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.risk.cards import HERE, CardError, read_words
from gateway.risk.letters import APOSTROPHES
from gateway.risk.level import Finding, Level, as_typed

FILE = HERE / "tongues.yml"
CARD = "tongue"
# Written without spaces, or with endings and prefixes that make one word of many: a phrase counts wherever it stands.
RUN_TOGETHER = frozenset(("ar", "ko", "zh"))
_SAME = str.maketrans({"đ": "d", "ı": "i", "ى": "ي", "ة": "ه", "ё": "е", "œ": "oe"})
_NO_LETTER = frozenset(("Mn", "Mc", "Me", "Cf"))
KEYS = {"level", "category", "why_en", "why_es", "phrases"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a phrase means."""

    name: str
    level: Level
    category: str
    why_en: str
    why_es: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, folded as a message is, with spaces about it where it is of whole words."""

    folded: str
    language: str
    rule: Rule


class Tongues:
    """The phrases of one file. Has no state of its own, so that threads may share it."""

    def __init__(self, phrases: tuple[Phrase, ...], version: str) -> None:
        self._apart = [each for each in phrases if each.language not in RUN_TOGETHER]
        self._together = [each for each in phrases if each.language in RUN_TOGETHER]
        self.phrases = phrases
        self.version = version

    def findings(self, text: str) -> Iterator[Finding]:
        """One finding for each rule of which a phrase stands in the text, the words that gave it as typed."""
        told: set[str] = set()
        for phrase, place, end in self._found(text):
            if phrase.rule.name not in told:
                told.add(phrase.rule.name)
                yield _finding(phrase, text, place, end)

    def _found(self, text: str) -> Iterator[tuple[Phrase, int, int]]:
        words, places = _folded(text)
        for phrase in self._apart:
            if (at := words.find(phrase.folded)) >= 0:
                yield phrase, places[at + 1], places[at + len(phrase.folded.rstrip()) - 1] + 1
        if words.isascii():
            return
        letters = [(letter, place) for letter, place in zip(words, places, strict=True) if letter != " "]
        joined = "".join(letter for letter, _ in letters)
        for phrase in self._together:
            if (at := joined.find(phrase.folded)) >= 0:
                yield phrase, letters[at][1], letters[at + len(phrase.folded) - 1][1] + 1


def read_tongues(path: Path = FILE) -> Tongues:
    """The phrases of a file. Raises CardError, which lists every fault, when it cannot be used."""
    written: Mapping[str, Any] = read_words(path)
    faults: list[str] = []
    phrases = tuple(phrase for name, entry in written.items() for phrase in _phrases(name, entry, faults))
    if faults:
        raise CardError([f"{path.name}: {fault}" for fault in faults])
    return Tongues(phrases, hashlib.sha256(path.read_bytes()).hexdigest()[:8])


def _phrases(name: str, entry: Any, faults: list[str]) -> Iterator[Phrase]:
    if not isinstance(entry, dict) or set(entry) != KEYS or not isinstance(entry["phrases"], dict):
        faults.append(f"{name}: must have exactly {', '.join(sorted(KEYS))}")
        return
    if entry["level"] not in (Level.URGENT.value, Level.EMERGENCY.value):
        faults.append(f"{name}: level must be urgent or emergency")
        return
    rule = Rule(name, Level(entry["level"]), entry["category"], entry["why_en"], entry["why_es"])
    for language, listed in entry["phrases"].items():
        for written in listed:
            folded = _folded(written.rstrip("*"))[0]
            if not folded.strip():
                faults.append(f"{name}: an empty phrase in {language}")
            elif language in RUN_TOGETHER:
                yield Phrase(folded.replace(" ", ""), language, rule)
            else:
                yield Phrase(folded.rstrip() if written.endswith("*") else folded, language, rule)


def _folded(text: str) -> tuple[str, list[int]]:
    """Small letters without accents, one space between words and at both ends, and where in the text each stands."""
    letters, places = [" "], [0]
    for place, typed in enumerate(text):
        for letter in typed.lower() if typed.isascii() else _plain(typed):
            kept = letter if letter.isalnum() else " "
            if letter not in APOSTROPHES and (kept != " " or letters[-1] != " "):
                letters.append(kept)
                places.append(place)
    if letters[-1] != " ":
        letters.append(" ")
        places.append(len(text))
    return "".join(letters), places


@lru_cache(maxsize=4096)
def _plain(typed: str) -> str:
    """One letter of any script without the marks that stand over, under or beside it."""
    parts = unicodedata.normalize("NFKD", typed.casefold()).translate(_SAME)
    return "".join(part for part in parts if unicodedata.category(part) not in _NO_LETTER)


def _finding(phrase: Phrase, text: str, start: int, end: int) -> Finding:
    rule = phrase.rule
    return Finding(
        card_id=f"{CARD}.{rule.name}",
        level=rule.level,
        category=rule.category,
        start=start,
        end=end,
        words=as_typed(text, start, end),
        why_en=rule.why_en,
        why_es=rule.why_es,
        notes=(f"language: {phrase.language}",),
    )
