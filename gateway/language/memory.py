"""Holds the language of a conversation: one word of the other language does not turn it, a sentence does."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.language.detection import Detection

SERVED = ("en", "es")
# Most that a text may say for the language it turns away from. A strong memory asks for a purer text.
PURE_SHARE = 0.12
# How far texts in the other language in a row must go to turn a conversation: a text of several words goes two steps, a
# single word, which may be borrowed ("lunch", "great", "familia"), one. So it takes two texts, or three of one word.
RUN, STEPS, STEP = 3, 2, 1


@dataclass(frozen=True)
class Memory:
    """What a conversation knows about its language.

    ``lang`` is the language we answer in, ``None`` while nothing is known; ``strong`` once a clear text confirmed it;
    ``opposite_run`` counts the steps (:data:`RUN`) that messages in a row in the other language went; ``locked`` after
    the resident asked for it. ``other`` is the ISO 639 code of the language, neither English nor Spanish, in which
    they were told that a person is asked, if they were.
    """

    lang: str | None = None
    strong: bool = False
    opposite_run: int = 0
    locked: bool = False
    other: str | None = None

    @classmethod
    def asked_for(cls, lang: str) -> "Memory":
        """The memory after the resident asked for a language: held until they ask again or plainly write the other."""
        return cls(lang, strong=True, locked=True)

    def after(self, before: "Memory") -> "Memory":
        """The same, still knowing of the other language they were told in ``before``."""
        return replace(self, other=self.other or before.other)

    def told_in(self, iso: str) -> "Memory":
        """The same, once they have been told in another language that a person is asked."""
        return replace(self, other=iso)

    def for_next(self) -> "Memory":
        """What the contact's next conversation begins with: there they have been told nothing yet."""
        return replace(self, other=None)

    def to_dict(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> "Memory":
        """Read what :meth:`to_dict` stored; nothing stored is an empty memory."""
        given = stored or {}
        lang = given.get("lang")
        return cls(
            lang=lang if lang in SERVED else None,
            strong=bool(given.get("strong", False)),
            opposite_run=int(given.get("opposite_run", 0)),
            locked=bool(given.get("locked", False)),
            other=_code(given.get("other")),
        )


def _code(stored: Any) -> str | None:
    return stored if isinstance(stored, str) and stored else None


def remember(memory: Memory, detection: Detection) -> tuple[Memory, bool]:
    """The memory after one more text, and whether the language switched from one that had been set."""
    if memory.lang is None:
        return _first(detection), False
    if detection.lang not in SERVED:
        return memory, False
    if detection.lang == memory.lang:
        return replace(memory, opposite_run=0, strong=memory.strong or detection.solid), False
    return _opposite(memory, detection)


def _first(detection: Detection) -> Memory:
    if detection.lang in SERVED:
        return Memory(detection.lang, strong=detection.solid)
    if detection.lang == "mixed":
        more = "es" if detection.evidence.get("es", 0.0) > detection.evidence.get("en", 0.0) else "en"
        # Half of this text was in the other language, so one more such text is the second in a row.
        return Memory(more, opposite_run=STEPS)
    return Memory()


def _opposite(memory: Memory, detection: Detection) -> tuple[Memory, bool]:
    if memory.locked:
        # A language that was asked for gives way only to two clear texts in a row.
        counts, at_once = detection.solid, False
    else:
        counts, at_once = True, _turns_at_once(memory, detection)
    run = _further(memory, detection) if counts else 0
    if at_once or run >= RUN:
        return Memory(detection.lang, strong=detection.solid), True
    return replace(memory, opposite_run=run), False


def _further(memory: Memory, detection: Detection) -> int:
    """How far the run in the other language goes with this text; single words alone turn no strong memory."""
    if detection.words > 1:
        return memory.opposite_run + STEPS
    return min(memory.opposite_run + STEP, RUN - 1 if memory.strong else RUN)


def _turns_at_once(memory: Memory, detection: Detection) -> bool:
    here, there = detection.evidence.get(str(memory.lang), 0.0), detection.evidence.get(detection.lang, 0.0)
    return detection.solid and (not memory.strong or here <= PURE_SHARE * there)
