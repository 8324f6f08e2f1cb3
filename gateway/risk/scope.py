"""Whether the words a card matched are meant: denied, told of someone in a film, laughed at, or past and healed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from gateway.risk.letters import View
from gateway.risk.pattern import Compiled, Compiler

_LONGEST_BRIDGE = 6
_CONTRAST = frozenset("but pero although though aunque except however sino yet still".split())
_PARTICIPLE = ("ado", "ido", "cho", "sto", "erto")
_OF_THE_WHOLE = ("framed", "resolved", "laughed", "pressing", "again", "serious")
_LONGEST_SEGMENT = 25  # tokens on each side of a match; also what keeps the work linear


class Verdict(Enum):
    """What scoping makes of a match."""

    MEANT = "meant"
    DENIED = "denied"
    REPORTED = "reported"
    PAST = "past"
    LAUGHED = "laughed"


@dataclass(frozen=True, slots=True)
class Lists:
    """The closed word lists of scope.yml, folded."""

    negators: frozenset[str]
    bridge: frozenset[str]
    pronouns: frozenset[str]
    opinion: frozenset[str]
    turns: frozenset[str]

    def crossable(self, word: str) -> bool:
        """Whether a negator reaches past the word."""
        return word in self.bridge or word in self.opinion or word in self.pronouns


@dataclass(frozen=True, slots=True)
class Phrases:
    """The patterns of scope.yml."""

    false_negators: Compiled
    reported_before: Compiled
    reported_after: Compiled
    distance: Compiled
    again: Compiled
    serious: Compiled


class Phrasebook:
    """Many patterns under a few names, of which one wants to know: is one of them in this text?

    Their rarest words are looked for first, all in one pass: as one regular expression they would have more states
    than RE2 keeps, and it would fall back to its slow road.
    """

    def __init__(self, written: Mapping[str, Sequence[str]], compiler: Compiler) -> None:
        self._patterns = [(name, compiler.compile(source)) for name, sources in written.items() for source in sources]
        wanted: dict[str, list[int]] = {}
        for index, (_, pattern) in enumerate(self._patterns):
            for literal in pattern.triggers:
                wanted.setdefault(literal, []).append(index)
        self._of_literal = list(wanted.values())
        self._literals = AhoCorasick(list(wanted))

    def said(self, text: str) -> frozenset[str]:
        """The names under which a pattern stands in the text."""
        hits = {literal for literal, _, _ in self._literals.find_matches_as_indexes(text, overlapping=True)}
        raw, names = text.encode(), set[str]()
        for index in sorted({index for literal in hits for index in self._of_literal[literal]}):
            name, pattern = self._patterns[index]
            if name not in names and pattern.parts[0].search(raw):
                names.add(name)
        return frozenset(names)


class Scoper:
    """Knows scope.yml, and judges matches in any view by it."""

    def __init__(self, written: Mapping[str, Sequence[str]], compiler: Compiler) -> None:
        self._lists = Lists(**{name: frozenset(written[name]) for name in Lists.__dataclass_fields__})
        self._phrases = Phrases(
            **{name: compiler.compile("(" + "|".join(written[name]) + ")") for name in Phrases.__dataclass_fields__}
        )
        self._sayings = Phrasebook({name: written[name] for name in _OF_THE_WHOLE}, compiler)

    def setting(self, views: Sequence[View]) -> Setting:
        """What the whole message, in all its views, says about itself."""
        return Setting(tuple(view.text for view in views), self._sayings)

    def over(self, view: View, setting: Setting | None = None) -> ScopeOfView:
        """The judge of matches in that view, in the setting of its message (by default the view's own)."""
        return ScopeOfView(view, self._lists, self._phrases, setting or self.setting([view]))


@dataclass(frozen=True)
class Setting:
    """What a message as a whole is about: homework, a form, a game, a song, or something over and dealt with.

    People say so once, often far from the alarming words ("... is it the answer B? its for my cna class"). All views
    are asked, because "pa mi tarea d historia" is plain in one of them only.
    """

    texts: tuple[str, ...]
    sayings: Phrasebook

    @property
    def framed(self) -> bool:
        """Whether the message speaks of fiction, play, study, a form or someone's work, and does not call for help."""
        return "framed" in self._said and "pressing" not in self._said

    @property
    def resolved(self) -> bool:
        """Whether the message says that what it tells is over and well, and not coming back."""
        return "resolved" in self._said and self._said.isdisjoint({"again", "pressing"})

    @property
    def laughed(self) -> bool:
        """Whether the message laughs, and does not insist that it is no joke."""
        return "laughed" in self._said and self._said.isdisjoint({"serious", "pressing"})

    @cached_property
    def _said(self) -> frozenset[str]:
        return frozenset[str]().union(*(self.sayings.said(text) for text in self.texts))


@dataclass(frozen=True)
class ScopeOfView:
    """Judges the matches of one view."""

    view: View
    lists: Lists
    phrases: Phrases
    setting: Setting

    @cached_property
    def serious(self) -> bool:
        """Whether the message insists that it is no joke, so that an idiom does not excuse it."""
        return bool(found_in(self.phrases.serious, self.view.text))

    @cached_property
    def _masks(self) -> list[tuple[int, int]]:
        return found_in(self.phrases.false_negators, self.view.text)

    @cached_property
    def _coming_back(self) -> bool:
        return bool(found_in(self.phrases.again, self.view.text))

    def turns_after(self, end: int) -> bool:
        """Whether the message takes a turn after that place, as in "I'm not suicidal but ..."."""
        _, past = self.view.token_range(0, max(1, end))
        return any(token.text in _CONTRAST for token in self.view.tokens[past:])

    def judge(self, start: int, end: int, heeds: frozenset[str], asserted: frozenset[str] = frozenset()) -> Verdict:
        """What a match at `start`..`end` of the view's text is worth, heeding only the scopes named.

        `asserted` are the pattern's own words: a negator among them is what the card looks for, not a denial.
        """
        first, past = self.view.token_range(start, end)
        if "negation" in heeds and (self._denied(first) or self._denied_within(first, past, asserted)):
            return Verdict.DENIED
        if "reported" in heeds and (self.setting.framed or self._reported(first, past)):
            return Verdict.REPORTED
        if "laughed" in heeds and self.setting.laughed:
            return Verdict.LAUGHED
        if "past" in heeds and (self.setting.resolved or self._past(first, past)):
            return Verdict.PAST
        return Verdict.MEANT

    def _denied(self, first: int) -> bool:
        """A negator before the match with nothing but auxiliary words between (NegEx, with the bridge spelled out).

        Only auxiliaries are crossed, because texts have no commas: in "no puedo salir mi casa se quema" the fire
        is not denied. A pronoun starts a clause of its own unless an opinion verb governs it ("I don't think he ...").
        """
        lists, tokens = self.lists, self.view.tokens
        clause, governed = self._pronoun(first), False
        for index in range(first - 1, max(-1, first - 1 - _LONGEST_BRIDGE), -1):
            word = tokens[index].text
            if word in lists.negators and not self._masked(index):
                return governed or not clause
            governed = governed or word in lists.opinion
            clause = clause or self._pronoun(index)
            if not lists.crossable(word):
                return False
        return False

    def _pronoun(self, index: int) -> bool:
        """Whether the word there is a subject; "he" is not one before a Spanish participle ("nunca he pensado")."""
        word, *rest = (token.text for token in self.view.tokens[index : index + 2])
        return word in self.lists.pronouns and not (word == "he" and rest and rest[0].endswith(_PARTICIPLE))

    def _denied_within(self, first: int, past: int, asserted: frozenset[str]) -> bool:
        """A negator in a gap of the match: "he doesn't have a gun" for a card that looks for "he ~ has a gun"."""
        foreign = self.lists.negators - asserted
        words = enumerate(self.view.tokens[first + 1 : past], start=first + 1)
        return any(token.text in foreign and not self._masked(index) for index, token in words)

    def _masked(self, index: int) -> bool:
        """Whether the negator there belongs to a phrase that denies nothing: "no sé si", "can't stop", "won't stop"."""
        start = self.view.start_of(index)
        return any(a <= start < b for a, b in self._masks)

    def _segment(self, first: int, past: int) -> tuple[int, int]:
        """The text around the match up to the next stop, comma or turn (but, pero, now, ahora)."""
        tokens, turns = self.view.tokens, self.lists.turns | {".", ","}
        lowest, highest = max(0, first - _LONGEST_SEGMENT), min(len(tokens), past + _LONGEST_SEGMENT)
        while first > lowest and tokens[first - 1].text not in turns:
            first -= 1
        while past < highest and tokens[past].text not in turns:
            past += 1
        return self.view.start_of(first), self.view.start_of(past)

    def _reported(self, first: int, past: int) -> bool:
        start, end = self._segment(first, past)
        before = self.view.text[start : self.view.start_of(first) + 1]
        after = self.view.text[self.view.start_of(past) : end + 1]
        return bool(found_in(self.phrases.reported_before, before) or found_in(self.phrases.reported_after, after))

    def _past(self, first: int, past: int) -> bool:
        start, end = self._segment(first, past)
        return bool(found_in(self.phrases.distance, self.view.text[start : end + 1])) and not self._coming_back


def found_in(pattern: Compiled, text: str) -> list[tuple[int, int]]:
    """Where a one-part pattern matches."""
    return [match.span() for match in pattern.parts[0].finditer(text.encode())]
