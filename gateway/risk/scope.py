"""Whether the words that a card matched are meant: denied, told of someone in a film, or long past and healed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.risk.pattern import Compiled, Compiler
from gateway.risk.letters import View

_LONGEST_BRIDGE = 6
_STEP = 1


class Verdict(Enum):
    """What scoping makes of a match."""

    MEANT = "meant"
    DENIED = "denied"
    REPORTED = "reported"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Words:
    """The closed word lists of scope.yml, folded."""

    negators: frozenset[str]
    bare_no: frozenset[str]
    bridge: frozenset[str]
    pronouns: frozenset[str]
    opinion: frozenset[str]
    turns: frozenset[str]


class Scoper:
    """Judges matches in one view by the word lists and patterns of scope.yml."""

    def __init__(self, written: Mapping[str, Sequence[str]], compiler: Compiler) -> None:
        self._words = Words(
            **{name: frozenset(written[name]) for name in Words.__dataclass_fields__}  # one list each, same names
        )
        self._false_negators = self._all(compiler, written["false_negators"])
        self._reported_before = self._all(compiler, written["reported_before"])
        self._reported_after = self._all(compiler, written["reported_after"])
        self._distance = self._all(compiler, written["distance"])
        self._again = self._all(compiler, written["again"])
        self._serious = self._all(compiler, written["serious"])

    @staticmethod
    def _all(compiler: Compiler, sources: Sequence[str]) -> Compiled:
        return compiler.compile("(" + "|".join(sources) + ")")

    def serious(self, view: View) -> bool:
        """Whether the message insists that it is no joke, so that an idiom does not excuse it."""
        return bool(found_in(self._serious, view.text))

    def judge(
        self, view: View, start: int, end: int, heeds: frozenset[str], asserted: frozenset[str] = frozenset()
    ) -> Verdict:
        """What a match at `start`..`end` of the view's text is worth, heeding only the scopes named.

        `asserted` are the pattern's own words: a negator among them is what the card looks for, not a denial.
        """
        first, past = view.token_range(start, end)
        if "negation" in heeds and (self._denied(view, first) or self._denied_within(view, first, past, asserted)):
            return Verdict.DENIED
        if "reported" in heeds and self._reported(view, first, past):
            return Verdict.REPORTED
        if "past" in heeds and self._past(view, first, past):
            return Verdict.PAST
        return Verdict.MEANT

    def _denied(self, view: View, first: int) -> bool:
        """A negator before the match with nothing but auxiliary words between (NegEx, with the bridge spelled out).

        Only auxiliaries are crossed, because texts have no commas: in "no puedo salir mi casa se quema" the fire
        is not denied. A pronoun starts a clause of its own unless an opinion verb governs it ("I don't think he ...").
        """
        words = self._words
        clause = view.tokens[first].text in words.pronouns
        governed = False
        for index in range(first - 1, max(-1, first - 1 - _LONGEST_BRIDGE), -1):
            word = view.tokens[index].text
            if word in words.negators and not self._masked(view, index):
                adjacent = index == first - 1
                return (governed or not clause) and (word not in words.bare_no or (adjacent and not clause))
            if word in words.opinion:
                governed = True
            elif word in words.pronouns:
                clause = True
            elif word not in words.bridge:
                return False
        return False

    def _denied_within(self, view: View, first: int, past: int, asserted: frozenset[str]) -> bool:
        """A negator in a gap of the match: "he doesn't have a gun" for a card that looks for "he ~ has a gun"."""
        foreign = self._words.negators - asserted
        return any(
            view.tokens[index].text in foreign and not self._masked(view, index) for index in range(first + 1, past)
        )

    def _masked(self, view: View, index: int) -> bool:
        """Whether the negator there belongs to a phrase that denies nothing: "no sé si", "can't stop", "won't stop"."""
        start = view.start_of(index)
        return any(a <= start < b for a, b in found_in(self._false_negators, view.text))

    def _segment(self, view: View, first: int, past: int) -> tuple[int, int]:
        """The stretch of text around the match up to the next stop, comma or turn (but, pero, now, ahora)."""
        turns = self._words.turns | {".", ","}
        while first > 0 and view.tokens[first - _STEP].text not in turns:
            first -= _STEP
        while past < len(view.tokens) and view.tokens[past].text not in turns:
            past += _STEP
        return view.start_of(first), view.start_of(past)

    def _reported(self, view: View, first: int, past: int) -> bool:
        start, end = self._segment(view, first, past)
        before = view.text[start : view.start_of(first) + 1]
        after = view.text[view.start_of(past) : end + 1]
        return bool(found_in(self._reported_before, before) or found_in(self._reported_after, after))

    def _past(self, view: View, first: int, past: int) -> bool:
        start, end = self._segment(view, first, past)
        return bool(found_in(self._distance, view.text[start : end + 1])) and not found_in(self._again, view.text)


def found_in(pattern: Compiled, text: str) -> list[tuple[int, int]]:
    """Where a one-part pattern matches."""
    return [match.span() for match in pattern.parts[0].finditer(text.encode())]
