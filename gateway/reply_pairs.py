"""Replies that stand ready in both languages: the responder reads both, the resident gets theirs.

The words are texts like all others (``texts/reply_pairs.yml``); here is only in which order a person looks for them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway import texts
from gateway.errors import Refused

BOTH = "both"
RESPONDER = "responder"  # the place that is filled in with the name of who sends it
LONGEST_VALUE = 80
GROUPS: Mapping[str, tuple[str, ...]] = {
    "hello": ("pair_hello", "pair_reading"),
    "ask": ("pair_first", "pair_where", "pair_people", "pair_more", "pair_call"),
    "tell": ("pair_looking", "pair_asking", "pair_none"),
    "end": ("pair_anything", "pair_thanks"),
}
"""Every pair, by what it is for."""


@dataclass(frozen=True)
class Pair:
    """One ready reply: both wordings, and the names of the places in them that must be filled in by hand."""

    key: str
    group: str
    wording: Mapping[str, str]
    places: tuple[str, ...]

    def seen(self, language: str, responder: str) -> str:
        """A wording as the list shows it: with the sender's name, what is still to be typed in square brackets."""
        values = {name: f"[{name}]" for name in self.places}
        return self.wording[language].format_map({**values, RESPONDER: responder})


def every() -> Iterator[Pair]:
    """All pairs, in the order of :data:`GROUPS`."""
    for group, keys in GROUPS.items():
        for key in keys:
            wording = texts.wording(key)
            yield Pair(key, group, wording, tuple(sorted(texts.placeholders(wording["en"]) - {RESPONDER})))


def fill(key: str, language: str, responder: str, values: Mapping[str, str]) -> str:
    """The reply in ``en``, ``es`` or :data:`BOTH`.

    Raises :class:`Refused` for an unknown pair or language, and with ``pair_incomplete`` when a place is left empty.
    """
    pair = next((each for each in every() if each.key == key), None)
    if pair is None or language not in (*texts.LANGUAGES, BOTH):
        raise Refused(400, "no_such_pair")
    filled = {name: " ".join(values.get(name, "").split())[:LONGEST_VALUE] for name in pair.places}
    if not all(filled.values()):
        raise Refused(400, "pair_incomplete")
    filled[RESPONDER] = responder
    return texts.both(key, **filled) if language == BOTH else texts.say(key, language, **filled)


def counterpart(key: str, text: str) -> tuple[str, str] | None:
    """The other language and what a sent pair says in it, for who answers for words that they cannot read.

    None where both were sent, or where the wording has changed since.
    """
    if key not in texts.keys():
        return None
    wording = texts.wording(key)
    for language, other in (("en", "es"), ("es", "en")):
        found = re.fullmatch(_pattern(wording[language]), text, re.DOTALL)
        if found:
            return other, wording[other].format_map(found.groupdict())
    return None


def _pattern(wording: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(wording))
