"""A stretch of text in one view while it is read, and what words in it do to a card that matches."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.risk.cards import Card
from gateway.risk.letters import View
from gateway.risk.matching import any_match
from gateway.risk.pattern import Compiled
from gateway.risk.scope import ScopeOfView

_BESIDE = 40  # characters around a match in which its `unless` and `lower` words count


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text to be read, and where the message itself lies in it."""

    text: str
    offset: int = 0
    earlier: int = 0


@dataclass(slots=True)
class Page:
    """One view of a passage while it is read."""

    passage: Passage
    view: View
    scope: ScopeOfView
    consumed: list[tuple[int, int]] = field(default_factory=list)
    known: dict[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def shift(self) -> int:
        """What makes a place in the passage one in the message."""
        return self.passage.offset - self.passage.earlier

    def lifts(self, card: Card) -> bool:
        """Whether words anywhere in the view raise the card."""
        return card.lifts is not None and self._says("raise", card, card.lifts.patterns)

    def beside(self, span: tuple[int, int]) -> str:
        """The matched words and those close to them."""
        return self.view.text[max(0, span[0] - _BESIDE) : span[1] + _BESIDE]

    def eases(self, card: Card, span: tuple[int, int]) -> bool:
        """Whether words beside the match make it less grave than the card says, and no others speak against that."""
        lower = card.eases
        if lower is None or not any_match(lower.patterns, self.beside(span)):
            return False
        return not self._says("without", card, lower.without)

    def _says(self, what: str, card: Card, patterns: tuple[Compiled, ...]) -> bool:
        """Whether such words stand anywhere in the view; found out once, however often the card matches."""
        if (what, card.id) not in self.known:
            self.known[what, card.id] = any_match(patterns, self.view.text)
        return self.known[what, card.id]
