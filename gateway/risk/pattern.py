"""The small language that rule cards are written in, compiled to RE2 so that no text can stall the gate.

    i (want|wanna) to die      words side by side, (one|of|these)
    he [really] hit me         [optional]
    pills ~ hand               up to three words between; ~6 up to six
    suicid*                    any ending
    {WEAPON}                   a word class of slots.yml
    ^ call me $                the whole message
    {CHILD} & pills            both in the same message, in any order, within twenty words

Words are folded like messages are: accents, capitals and apostrophes do not matter, "I am" and "I'm" are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2

_SPELLED_OUT = re.compile(r"(?:[a-z0-9 |]|\(\?:|\)\??)*")
_PIECE = re.compile(r"\{[A-Z0-9_]+\}|~\d*|[()\[\]|^$]|[^\s()\[\]|{}~^$]+")
_GAP = 3
_WIDEST_GAP = 8
_DEEPEST = 6

Normalise = Callable[[str], list[str]]


class PatternError(ValueError):
    """A pattern that cannot be read. The text says what is wrong with it, in words a card author understands."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One pattern ready to run: RE2 over a view's text, and the literals of which one must be present."""

    source: str
    parts: tuple[Any, ...]
    triggers: frozenset[str]
    words: frozenset[str]


@dataclass(slots=True)
class _Part:
    """A stretch of regular expression, the best set of literals that it requires, and how rare those are."""

    regex: str = ""
    triggers: frozenset[str] = frozenset()
    words: set[str] = field(default_factory=set)


@lru_cache(4_096)  # the same words come thousands of times
def _rarity(triggers: frozenset[str]) -> float:
    if not triggers:
        return 0.0
    return min(len(each) for each in triggers) - len(triggers) / 40


class Compiler:
    """Turns patterns into RE2, with the word classes of `slots` at hand. Remembers every word it has met."""

    def __init__(self, slots: Mapping[str, Sequence[str]], normalise: Normalise) -> None:
        self._slots = slots
        self._normalise = normalise
        self._ready: dict[str, _Part] = {}
        self._literals: dict[str, _Part] = {}
        self.vocabulary: set[str] = set()

    def apart(self) -> Compiler:
        """A compiler with the same word classes that remembers its words by itself."""
        return Compiler(self._slots, self._normalise)

    def compile(self, source: str) -> Compiled:
        """The pattern, compiled. Raises PatternError."""
        parts = [_Reader(self, piece, 0).whole() for piece in source.split(" & ")]
        for part in parts:
            if not part.triggers:
                raise PatternError(f"{source!r} has no word that must be there")
            self.vocabulary |= part.words
        options = re2.Options()
        options.log_errors = False
        try:
            compiled = tuple(re2.compile(part.regex.encode(), options) for part in parts)
        except re2.error as fault:
            raise PatternError(f"{source!r} cannot be compiled: {fault}") from fault
        triggers = max((part.triggers for part in parts), key=_rarity)
        return Compiled(source, compiled, triggers, frozenset().union(*(part.words for part in parts)))

    def slot(self, name: str, depth: int) -> _Part:
        """The word class of that name as one alternative. Raises PatternError when there is none."""
        if name not in self._ready:
            if name not in self._slots:
                raise PatternError(f"there is no word class {{{name}}}")
            if depth > _DEEPEST:
                raise PatternError(f"word class {{{name}}} contains itself")
            entries = [_Reader(self, entry, depth + 1).whole(top=False) for entry in self._slots[name]]
            self._ready[name] = either(entries)
        return self._ready[name]

    def literal(self, run: list[str]) -> _Part:
        """Words side by side, folded like a message."""
        source = " ".join(run)
        if source not in self._literals:  # the cards say the same words thousands of times
            self._literals[source] = self._literal(source)
        return self._literals[source]

    def _literal(self, source: str) -> _Part:
        words = self._normalise(source)
        if not words:
            raise PatternError(f"{source!r} has no letters")
        part, phrases, regex = _Part(), [""], ""
        for word in words:
            stem, open_end = word.rstrip("*"), word.endswith("*")
            regex += " " + stem + ("[a-z0-9]*" if open_end else "")
            phrases[-1] += " " + stem
            if open_end:
                phrases.append("")
            else:
                part.words.add(stem)
        part.regex = regex
        if phrases[-1]:
            phrases[-1] += " "
        part.triggers = frozenset([max(phrases, key=len)])
        return part


def spelled_out(pattern: Compiled, most: int) -> list[str] | None:
    """Every string that a pattern matches, a space before each word; None for more than `most`, gaps and open ends."""
    if len(pattern.parts) > 1:
        return None
    regex = pattern.parts[0].pattern.decode().removesuffix(r"\b")
    if not _SPELLED_OUT.fullmatch(regex):
        return None
    ways = _ways(iter(re.findall(r"[a-z0-9 ]+|\(\?:|\)\??|\|", regex)), most)
    return None if ways is None else sorted(filter(None, ways))


def _ways(pieces: Iterator[str], most: int) -> set[str] | None:
    """What may stand for the pieces up to the bracket that closes them."""
    done, ways = set[str](), {""}
    for piece in pieces:
        if piece == "|":
            done, ways = done | ways, {""}
        elif piece[0] == ")":
            return done | ways | ({""} if piece == ")?" else set())
        else:
            ends = _ways(pieces, most) if piece == "(?:" else {piece}
            if ends is None or len(ways) * len(ends) > most:
                return None
            ways = {way + end for way in ways for end in ends}
    return done | ways


def either(parts: Sequence[_Part], *, optional: bool = False) -> _Part:
    """One of the parts, or none of them when optional."""
    mark = "?" if optional else ""
    needed = frozenset[str]()
    if not optional and all(part.triggers for part in parts):
        needed = frozenset().union(*(part.triggers for part in parts))
    words = set[str]().union(*(part.words for part in parts))
    return _Part("(?:" + "|".join(part.regex for part in parts) + ")" + mark, needed, words)


class _Reader:
    """Reads one pattern from left to right."""

    def __init__(self, compiler: Compiler, source: str, depth: int) -> None:
        self._compiler = compiler
        self._source = source
        self._depth = depth
        self._pieces = _PIECE.findall(source)
        self._at = 0
        if re.sub(r"\s", "", source) != "".join(self._pieces):
            raise PatternError(f"{source!r} has a brace that is not a {{SLOT}}")

    def whole(self, *, top: bool = True) -> _Part:
        part = self._sequence()
        if self._at < len(self._pieces):
            raise PatternError(f"{self._source!r} has a stray {self._pieces[self._at]!r}")
        if top and not part.regex.endswith("$"):
            part = _Part(part.regex + r"\b", part.triggers, part.words)
        return part

    def _sequence(self) -> _Part:
        whole, run = _Part(), list[str]()
        while self._at < len(self._pieces) and self._pieces[self._at] not in {")", "]", "|"}:
            piece = self._pieces[self._at]
            self._at += 1
            if piece[0] not in "{~([^$":
                run.append(piece)
                continue
            self._flush(whole, run)
            self._add(whole, self._special(piece))
        self._flush(whole, run)
        return whole

    def _flush(self, whole: _Part, run: list[str]) -> None:
        if run:
            self._add(whole, self._compiler.literal(run))
            run.clear()

    @staticmethod
    def _add(whole: _Part, part: _Part) -> None:
        whole.regex += part.regex
        whole.words |= part.words
        whole.triggers = max(whole.triggers, part.triggers, key=_rarity)

    def _special(self, piece: str) -> _Part:
        if piece[0] == "{":
            return self._compiler.slot(piece[1:-1], self._depth)
        if piece[0] == "~":
            width = int(piece[1:] or _GAP)
            if width > _WIDEST_GAP:
                raise PatternError(f"{self._source!r}: a gap is at most {_WIDEST_GAP} words")
            return _Part(f"(?: [a-z0-9]+(?: ,)?| ,){{0,{width}}}?")
        if piece == "^":
            return _Part("^(?: [.,])*")
        if piece == "$":
            return _Part("(?: [.,])* $")
        return self._group("]" if piece == "[" else ")")

    def _group(self, closing: str) -> _Part:
        parts = [self._sequence()]
        while self._at < len(self._pieces) and self._pieces[self._at] == "|":
            self._at += 1
            parts.append(self._sequence())
        if self._at >= len(self._pieces) or self._pieces[self._at] != closing:
            raise PatternError(f"{self._source!r} opens a bracket that it does not close")
        self._at += 1
        return either(parts, optional=closing == "]")
