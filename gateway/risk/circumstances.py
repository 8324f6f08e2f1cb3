"""Of whom do the matched words tell, and of when? Read for the responder alone: it never changes a level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

from gateway.risk.cards import HERE, LANGUAGES, CardError, read_words
from gateway.risk.letters import View
from gateway.risk.level import UNSAID
from gateway.risk.pattern import Compiled, Compiler, PatternError, spelled_out

WHO = ("self", "other", "public")
WHEN = ("now", "days", "past", "hypothetical")  # the most pressing first: of several the first counts
_OBJECTS = {"self_object": "self", "other_object": "other"}
_PEOPLE = {**_OBJECTS, **{kind: kind for kind in WHO}}
_TIMES = {kind: kind for kind in WHEN}
_ASIDE = "aside"
_TURN = "turn"
_STOP, _COMMA = " . ", " , "
_START = itemgetter(1)
_PRESSING = frozenset({"now", "days"})
_FARTHEST = 150  # characters on each side of a match; also what keeps the work linear
_OBJECT_WITHIN = 3  # words after a match in which its object stands: "is going to | kill me"
_MOST_STRINGS = 800  # of one pattern
_LONGEST = 1600  # characters of a whole text that are read


class Circumstance(NamedTuple):
    """Of whom (self, other, public) and of when (now, days, past, hypothetical) words tell, as far as it is said."""

    who: str = UNSAID
    when: str = UNSAID


NOTHING = Circumstance()


class _Mark(NamedTuple):
    """Words of one list: where they stand in a view's text. The longest sort first."""

    shortness: int
    start: int
    end: int
    kind: str


class _Marks(NamedTuple):
    """What one stretch of text says of people and of time, in its order, and where it takes a turn."""

    people: Sequence[_Mark]
    times: Sequence[_Mark]
    turns: Sequence[_Mark]


class Circumstances:
    """Knows circumstances.yml.

    What can be spelled out is looked for as it is, all in one pass. Of the rest the rarest words are looked for; most
    are a match by themselves, and where one is not, its pattern is asked.
    """

    def __init__(self, written: Mapping[str, Any], compiler: Compiler) -> None:
        wanted: dict[str, tuple[list[str], list[tuple[str, Compiled]]]] = {}
        for kind, pattern in _compiled(written, compiler):
            strings = spelled_out(pattern, _MOST_STRINGS)
            for literal in pattern.triggers if strings is None else (f"{each} " for each in strings):
                whole, part = wanted.setdefault(literal, ([], []))
                if strings is not None or _is_whole(literal, pattern):
                    whole.append(kind)
                else:
                    part.append((kind, pattern))
        self._whole = [tuple(whole) for whole, _ in wanted.values()]
        self._part = [tuple(part) for _, part in wanted.values()]
        self._literals = AhoCorasick(list(wanted))

    def over(self, view: View) -> CircumstancesOfView:
        """The same for the matches of one view."""
        return CircumstancesOfView(view, self)

    def of(self, text: str) -> Circumstance:
        """What a whole view's text tells, where no match points at a place: of whom only if it speaks of one alone."""
        marks = self.marks(text[:_LONGEST].rsplit(" ", 1)[0] + " ", 0)
        objects = {_PEOPLE[mark.kind] for mark in marks.people if mark.kind in _OBJECTS}
        people = {_PEOPLE[mark.kind] for mark in marks.people}
        one = next((them for them in (people, objects) if len(them) == 1), {UNSAID})
        return Circumstance(next(iter(one)), _first_of(marks.times))

    def marks(self, text: str, at: int) -> _Marks:
        """The words of the lists in a stretch of a view that begins `at` so many characters."""
        found: list[_Mark] = []
        asked: dict[str, tuple[str, Compiled]] = {}
        for literal, start, end in self._literals.find_matches_as_indexes(text, overlapping=True):
            for kind in self._whole[literal]:
                found.append(_Mark(start - end, at + start, at + end - 1, kind))
            for kind, pattern in self._part[literal]:
                asked[pattern.source] = kind, pattern
        raw = text.encode("ascii") if asked else b""
        for kind, pattern in asked.values():
            spans = [match.span() for match in pattern.parts[0].finditer(raw)]
            found += [_Mark(start - end - 1, at + start, at + end, kind) for start, end in spans]
        # The longest words are read first: in "help me" and in "many people" nobody else is named.
        found.sort()
        length = at + len(text)
        return _Marks(
            _apart(found, _PEOPLE, length),
            _apart(found, _TIMES, length),
            [mark for mark in found if mark.kind == _TURN],
        )


@dataclass(slots=True)
class CircumstancesOfView:
    """Tells of the matches of one view; a sentence is read once, however many matches stand in it."""

    view: View
    of: Circumstances
    _read: dict[tuple[int, int], _Marks] = field(default_factory=dict)

    def around(self, start: int, end: int) -> Circumstance:
        """Of whom and of when the match at `start`..`end` of the view's text tells.

        The match itself is asked first, then its clause, then its sentence. What would make it less pressing (long
        ago, perhaps) must stand in the clause.
        """
        text = self.view.text
        sentence = _sentence(text, start, end)
        if sentence not in self._read:
            self._read[sentence] = self.of.marks(text[slice(*sentence)], sentence[0])
        people, times, turns = self._read[sentence]
        clause = _clause(text, turns, start, end)
        when = _first_of(mark for mark in times if _lies_in(mark, clause))
        if when == UNSAID:
            when = _first_of(mark for mark in times if mark.kind in _PRESSING)
        object_end = min(_words_on(text, end, _OBJECT_WITHIN), clause[1])
        own = _own_person(people, (start, end), object_end)
        who = (
            own
            or _nearest([mark for mark in people if _lies_in(mark, clause)], start, end)
            or _nearest(people, start, end)
        )
        return Circumstance(who or UNSAID, when)


def read_circumstances(compiler: Compiler, path: Path = HERE / "circumstances.yml") -> Circumstances:
    """The word lists of that file. Raises CardError when they cannot be read.

    They are compiled apart, so that the screener repairs no spelling towards them: they must not change what it finds.
    """
    try:
        return Circumstances(read_words(path), compiler.apart())
    except (PatternError, KeyError, TypeError) as fault:
        raise CardError([f"{path.name}: {fault}"]) from fault


def _compiled(written: Mapping[str, Any], compiler: Compiler) -> Iterable[tuple[str, Compiled]]:
    for kind in (*_PEOPLE, *_TIMES, _ASIDE, _TURN):
        for language in LANGUAGES:
            for source in written[kind][language]:
                pattern = compiler.compile(source)
                if len(pattern.parts) > 1:
                    raise PatternError(f"{source!r}: words that stand apart ('&') are not looked for here")
                yield kind, pattern


def _is_whole(literal: str, pattern: Compiled) -> bool:
    """Whether these words, and no part of the last one alone, are a match by themselves."""
    return literal.endswith(" ") and pattern.parts[0].fullmatch(literal[:-1].encode("ascii")) is not None


def _apart(found: Sequence[_Mark], kinds: Mapping[str, str], length: int) -> list[_Mark]:
    """The marks of these kinds, in order, without those that overlap longer ones or words set aside."""
    kept: list[_Mark] = []
    if not any(mark.kind in kinds for mark in found):
        return kept  # most messages say nothing of time
    taken = bytearray(length)
    for mark in found:
        _, start, end, kind = mark
        wanted = kind in kinds
        if (wanted or kind == _ASIDE) and taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            if wanted:
                kept.append(mark)
    kept.sort(key=_START)
    return kept


def _own_person(people: Iterable[_Mark], match: tuple[int, int], object_end: int) -> str | None:
    """Whom the match names: whoever it is done to, the resident before others, or else whom it names last."""
    inside = [mark for mark in people if match[0] < mark.end and mark.start < object_end]
    objects = {_OBJECTS[mark.kind] for mark in inside if mark.kind in _OBJECTS}
    if objects:
        return max(objects)  # "self" is after "other"
    named = [_PEOPLE[mark.kind] for mark in inside if mark.start < match[1]]
    return named[-1] if named else None


def _lies_in(mark: _Mark, stretch: tuple[int, int]) -> bool:
    return stretch[0] <= mark.start and mark.end <= stretch[1]


def _nearest(people: Sequence[_Mark], start: int, end: int) -> str | None:
    """Who is named last before the match, or else first after it."""
    before = [mark for mark in people if mark.end <= start]
    after = [mark for mark in people if mark.start >= end]
    nearest = before[-1:] or after[:1]
    return _PEOPLE[nearest[0].kind] if nearest else None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch of a view's text around a match up to the next stops, a space at both ends."""
    low, high = _between(text, _STOP, start, end)
    return max(low, text.find(" ", max(0, start - _FARTHEST), start + 1)), min(high, _word_end(text, end + _FARTHEST))


def _clause(text: str, turns: Iterable[_Mark], start: int, end: int) -> tuple[int, int]:
    """The same up to the next commas and turns: but, pero, because, porque."""
    low, high = _between(text, _COMMA, start, end)
    for turn in turns:
        if turn.end <= start:
            low = max(low, turn.end)
        elif turn.start >= end:
            high = min(high, turn.start)
    return low, high


def _between(text: str, mark: str, start: int, end: int) -> tuple[int, int]:
    low = text.rfind(mark, max(0, start - _FARTHEST), start + 1)
    high = text.find(mark, max(0, end - 1), end + _FARTHEST)
    return (0 if low < 0 else low + len(mark) - 1), (len(text) if high < 0 else high + 1)


def _word_end(text: str, at: int) -> int:
    """The place after the next space from there on."""
    return text.find(" ", at) + 1 or len(text)


def _words_on(text: str, at: int, words: int) -> int:
    """The place so many words on."""
    for _ in range(words):
        at = text.find(" ", at + 1)
        if at < 0:
            return len(text)
    return at


def _first_of(times: Iterable[_Mark]) -> str:
    said = {mark.kind for mark in times}
    return next((kind for kind in WHEN if kind in said), UNSAID)
