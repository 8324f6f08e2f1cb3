"""Of whom do the matched words tell, and of when? Read for the responder alone: it never changes a level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick

from gateway.risk.cards import HERE, LANGUAGES, CardError, read_words
from gateway.risk.letters import View
from gateway.risk.level import UNSAID
from gateway.risk.pattern import Compiled, Compiler, PatternError

WHO = ("self", "other", "public")
WHEN = ("now", "days", "past", "hypothetical")  # the most pressing first: of several the first counts
_OBJECTS = {"self_object": "self", "other_object": "other"}
_PEOPLE = {**_OBJECTS, **{kind: kind for kind in WHO}}
_TIMES = {kind: kind for kind in WHEN}
_ASIDE = "aside"
_STOP = frozenset(".")
_PRESSING = frozenset({"now", "days"})
_FARTHEST = 25  # tokens on each side of a match; also what keeps the work linear
_OBJECT_WITHIN = 2  # tokens after a match in which its object stands: "is choking | me"
_LONGEST = 1600  # characters of a whole text that are read


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Of whom (self, other, public) and of when (now, days, past, hypothetical) words tell, as far as it is said."""

    who: str = UNSAID
    when: str = UNSAID


class _Mark(NamedTuple):
    """Words of one list, where they stand in a view's text."""

    start: int
    end: int
    kind: str


class _Marks(NamedTuple):
    """What one stretch of text says of people and of time, in its order."""

    people: Sequence[_Mark]
    times: Sequence[_Mark]


class Circumstances:
    """Knows circumstances.yml.

    Its words are looked for in one pass. Most are a whole entry by themselves; for the others ("i think") the pattern
    is asked where its rarest word stands.
    """

    def __init__(self, written: Mapping[str, Any], compiler: Compiler) -> None:
        self.turns = frozenset(written["turns"])
        wanted: dict[str, tuple[list[str], list[tuple[str, Compiled]]]] = {}
        for kind, pattern in _compiled(written, compiler):
            for literal in pattern.triggers:
                whole, part = wanted.setdefault(literal, ([], []))
                if literal.endswith(" ") and pattern.parts[0].fullmatch(literal[:-1].encode("ascii")):
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
        found, asked = list[_Mark](), dict[str, tuple[str, Compiled]]()
        for literal, start, end in self._literals.find_matches_as_indexes(text, overlapping=True):
            found += [_Mark(at + start, at + end - 1, kind) for kind in self._whole[literal]]
            asked.update((pattern.source, (kind, pattern)) for kind, pattern in self._part[literal])
        raw = text.encode("ascii") if asked else b""
        for kind, pattern in asked.values():
            found += [_Mark(at + match.start(), at + match.end(), kind) for match in pattern.parts[0].finditer(raw)]
        # The longest words are read first: in "help me" and in "many people" nobody else is named.
        found.sort(key=lambda mark: (mark.start - mark.end, mark.start))
        return _Marks(_apart(found, _PEOPLE), _apart(found, _TIMES))


@dataclass(frozen=True)
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
        first, past = self.view.token_range(start, end)
        clause, sentence = self._bounds(first, past)
        if sentence not in self._read:
            self._read[sentence] = self.of.marks(self.view.text[sentence[0] : sentence[1] + 1], sentence[0])
        marks = self._read[sentence]
        object_end = min(self.view.start_of(past + _OBJECT_WITHIN), clause[1])
        when = _first_of(_within(marks.times, *clause))
        if when == UNSAID:
            when = _first_of(mark for mark in marks.times if mark.kind in _PRESSING)
        own = _own_person(marks.people, (self.view.start_of(first), self.view.start_of(past)), object_end)
        who = own or _nearest(_within(marks.people, *clause), start, end) or _nearest(marks.people, start, end)
        return Circumstance(who or UNSAID, when)

    def _bounds(self, first: int, past: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the clause and the sentence around those tokens begin and end in the view's text."""
        tokens, places = self.view.tokens, list[tuple[int, int]]()
        lowest, highest = max(0, first - _FARTHEST), min(len(tokens), past + _FARTHEST)
        for stops in (self.of.turns, _STOP):
            while first > lowest and tokens[first - 1].text not in stops:
                first -= 1
            while past < highest and tokens[past].text not in stops:
                past += 1
            places.append((self.view.start_of(first), self.view.start_of(past)))
        return places[0], places[1]


def read_circumstances(compiler: Compiler, path: Path = HERE / "circumstances.yml") -> Circumstances:
    """The word lists of that file. Raises CardError when they cannot be read.

    They are compiled apart, so that the screener repairs no spelling towards them: they must not change what it finds.
    """
    try:
        return Circumstances(read_words(path), compiler.apart())
    except (PatternError, KeyError, TypeError) as fault:
        raise CardError([f"{path.name}: {fault}"]) from fault


def _compiled(written: Mapping[str, Any], compiler: Compiler) -> Iterable[tuple[str, Compiled]]:
    for kind in (*_PEOPLE, *_TIMES, _ASIDE):
        for language in LANGUAGES:
            for source in written[kind][language]:
                yield kind, compiler.compile(source)


def _apart(found: Sequence[_Mark], kinds: Mapping[str, str]) -> list[_Mark]:
    """The marks of these kinds, in order, without those that overlap longer ones or words set aside."""
    kept, taken = list[_Mark](), bytearray()
    for mark in found:
        if (mark.kind in kinds or mark.kind == _ASIDE) and taken.find(1, mark.start, mark.end) < 0:
            kept.append(mark)
            taken.extend(bytes(max(0, mark.end - len(taken))))
            taken[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
    return sorted((mark for mark in kept if mark.kind != _ASIDE), key=lambda mark: mark.start)


def _own_person(people: Iterable[_Mark], match: tuple[int, int], object_end: int) -> str | None:
    """Whom the match names: whoever it is done to, the resident before others, or else whom it names last."""
    inside = [mark for mark in people if match[0] < mark.end and mark.start < object_end]
    objects = {_OBJECTS[mark.kind] for mark in inside if mark.kind in _OBJECTS}
    if objects:
        return max(objects)  # "self" is after "other"
    named = [_PEOPLE[mark.kind] for mark in inside if mark.start < match[1]]
    return named[-1] if named else None


def _within(marks: Iterable[_Mark], start: int, end: int) -> list[_Mark]:
    return [mark for mark in marks if start <= mark.start and mark.end <= end]


def _nearest(people: Sequence[_Mark], start: int, end: int) -> str | None:
    """Who is named last before the match, or else first after it."""
    before = [mark for mark in people if mark.end <= start]
    after = [mark for mark in people if mark.start >= end]
    nearest = before[-1:] or after[:1]
    return _PEOPLE[nearest[0].kind] if nearest else None


def _first_of(times: Iterable[_Mark]) -> str:
    said = {mark.kind for mark in times}
    return next((kind for kind in WHEN if kind in said), UNSAID)
