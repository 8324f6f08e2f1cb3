"""Whole meanings that a reply may have, each a list of phrases in both languages: which of them stand in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.risk.cards import HERE, CardError, new_compiler, read_words
from gateway.risk.matching import any_match, spans
from gateway.risk.pattern import Compiled, Compiler, PatternError
from gateway.risk.spelling import Spelling, read_spelling
from gateway.risk.views import views_of

LONGEST = 1600  # characters read; what is longer is no short reply


@dataclass(frozen=True, slots=True)
class Saying:
    """One meaning: its phrases, and the phrases around them that make it mean something else."""

    kind: str
    any: tuple[Compiled, ...]
    unless: tuple[Compiled, ...]

    def said_in(self, text: str) -> bool:
        """Whether a view's text says it outside of every `unless` phrase."""
        if not any_match(self.any, text):
            return False
        other = [span for pattern in self.unless for span in spans(pattern, text)]
        found = (span for pattern in self.any for span in spans(pattern, text))
        return any(not _touches(span, other) for span in found)


class Sayings:
    """The meanings of one file, in its order: the first that is said is the one that counts."""

    def __init__(self, sayings: Sequence[Saying], spelling: Spelling) -> None:
        self.kinds = tuple(saying.kind for saying in sayings)
        self._sayings = sayings
        self._spelling = spelling

    def first(self, text: str) -> str | None:
        """The kind of the first meaning that stands in the text, in any of its spellings; None when none does."""
        views = [view.text for view in views_of(text[:LONGEST], self._spelling)]
        return next((each.kind for each in self._sayings if any(each.said_in(view) for view in views)), None)


def read_sayings(name: str, folder: Path = HERE) -> Sayings:
    """The meanings of one YAML file. Raises CardError when it cannot be read."""
    written: Mapping[str, Any] = read_words(folder / name)
    compiler = new_compiler()
    try:
        sayings = [_saying(kind, entry, compiler) for kind, entry in written.items()]
    except (PatternError, KeyError) as fault:
        raise CardError([f"{name}: {fault}"]) from fault
    spelling = read_spelling(read_words(HERE / "spelling.yml"), frozenset(compiler.vocabulary))
    return Sayings(sayings, spelling)


def _saying(kind: str, entry: Mapping[str, Any], compiler: Compiler) -> Saying:
    phrases = [phrase for language in ("en", "es") for phrase in entry["any"][language]]
    return Saying(
        kind,
        tuple(compiler.compile(phrase) for phrase in phrases),
        tuple(compiler.compile(phrase) for phrase in entry.get("unless", ())),
    )


def _touches(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    # A match begins with the space before it, so two that only meet at a word's end do not touch.
    return any(start < span[1] and span[0] < end for start, end in others)
