"""The words screening speaks in: how dangerous, what was found, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

UNSAID = "unsaid"
_RANK = {"none": 0, "routine": 1, "urgent": 2, "emergency": 3}


class Level(StrEnum):
    """How soon a person is needed. Levels compare by danger, so `max` of several is the one to act on.

    EMERGENCY: someone may die or be gravely hurt within minutes to hours (911). URGENT: a live responder now.
    ROUTINE: asks for a person, or is sad without danger. NONE: everything else.
    """

    NONE = "none"
    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 for none up to 3 for emergency."""
        return _RANK[self]

    def __lt__(self, other: str) -> bool:
        return _RANK[self] < _RANK[other]

    def __le__(self, other: str) -> bool:
        return _RANK[self] <= _RANK[other]

    def __gt__(self, other: str) -> bool:
        return _RANK[self] > _RANK[other]

    def __ge__(self, other: str) -> bool:
        return _RANK[self] >= _RANK[other]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule card that fired, and the words that made it fire.

    `start` and `end` are offsets into the raw text of the message that was screened, so a page can highlight them.
    A finding that began in an earlier message starts at 0; one that lies wholly in earlier messages has
    `earlier` true and an empty range. `words` are always as typed. `who` (self, other, public, unsaid) and `when` (now,
    days, past, hypothetical, unsaid) tell the responder of whom and of when the words around speak; no level depends
    on them.
    """

    card_id: str
    level: Level
    category: str
    start: int
    end: int
    words: str
    why_en: str
    why_es: str
    earlier: bool = False
    notes: tuple[str, ...] = ()
    who: str = UNSAID
    when: str = UNSAID

    def telling(self, who: str, when: str) -> Finding:
        """The same finding, with of whom and of when it tells."""
        # Written out: `dataclasses.replace` takes a third of the time that all of this may take.
        return Finding(
            self.card_id,
            self.level,
            self.category,
            self.start,
            self.end,
            self.words,
            self.why_en,
            self.why_es,
            self.earlier,
            self.notes,
            who,
            when,
        )

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-able values."""
        return {
            "card_id": self.card_id,
            "level": self.level.value,
            "category": self.category,
            "start": self.start,
            "end": self.end,
            "words": self.words,
            "why_en": self.why_en,
            "why_es": self.why_es,
            "earlier": self.earlier,
            "notes": list(self.notes),
            "who": self.who,
            "when": self.when,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Finding:
        """The finding that `to_dict` stored. Raises KeyError or ValueError when it is not one."""
        return cls(
            card_id=stored["card_id"],
            level=Level(stored["level"]),
            category=stored["category"],
            start=stored["start"],
            end=stored["end"],
            words=stored["words"],
            why_en=stored["why_en"],
            why_es=stored["why_es"],
            earlier=stored.get("earlier", False),
            notes=tuple(stored.get("notes", ())),
            who=stored.get("who", UNSAID),
            when=stored.get("when", UNSAID),
        )


@dataclass(frozen=True, slots=True)
class SetAside:
    """Words that a rule card matched and that were held not to be meant, so that they count for nothing.

    `verdict`: denied, reported (fiction, news, study, a form), laughed, idiom (a saying), or
    beside (words next to them make them harmless, as the card says). `start` and `end` are
    offsets into the raw text of the message, as in a finding.
    """

    card_id: str
    words: str
    start: int
    end: int
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """What was set aside as JSON-able values."""
        return {
            "card_id": self.card_id,
            "words": self.words,
            "start": self.start,
            "end": self.end,
            "verdict": self.verdict,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> SetAside:
        """What `to_dict` stored. Raises KeyError when it is not that."""
        return cls(**{name: stored[name] for name in cls.__slots__})


def as_typed(text: str, start: int, end: int) -> str:
    """A stretch of raw text as it can be stored: no NUL, no half of a surrogate pair."""
    return text[start:end].replace("\0", " ").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The result of screening one message.

    `set_aside` tells which matches scoping held not to be meant, at most eight, each card once.
    `not_screened` says that screening was not completed, and for what cause; the level is then at least urgent,
    because a person must look. `elapsed_ms` does not take part in comparisons.
    """

    level: Level
    categories: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    version: str = ""
    not_screened: str | None = None
    elapsed_ms: float = field(default=0.0, compare=False)

    @property
    def fresh(self) -> bool:
        """Whether the message itself, and not only what came before it, gave cause for the level."""
        return self.not_screened is not None or any(not found.earlier for found in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The assessment as JSON-able values."""
        return {
            "level": self.level.value,
            "categories": list(self.categories),
            "findings": [found.to_dict() for found in self.findings],
            "set_aside": [each.to_dict() for each in self.set_aside],
            "version": self.version,
            "not_screened": self.not_screened,
            "elapsed_ms": self.elapsed_ms,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Assessment:
        """The assessment that `to_dict` stored. Raises KeyError or ValueError when it is not one."""
        return cls(
            level=Level(stored["level"]),
            categories=tuple(stored["categories"]),
            findings=tuple(Finding.from_dict(each) for each in stored["findings"]),
            set_aside=tuple(SetAside.from_dict(each) for each in stored.get("set_aside", ())),
            version=stored["version"],
            not_screened=stored["not_screened"],
            elapsed_ms=stored.get("elapsed_ms", 0.0),
        )
