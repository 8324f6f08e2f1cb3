"""Emoji read as words: a pill, a gun and a baby say what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gateway.risk.letters import Token

type Words = Mapping[str, Sequence[str]]
_LANGUAGES = ("en", "es")
_ARTICLE = ("a", "en")  # and in Spanish the way to a deed: "voy a"


@dataclass(frozen=True)
class Pictures:
    """The tables of pictures.yml. Each emoji has its English and its Spanish words, in that order."""

    things: Words
    in_place: Words
    lead: frozenset[str]
    deeds: Words
    will: frozenset[str]

    @cached_property
    def known(self) -> frozenset[str]:
        """Every emoji that stands for a word somewhere."""
        return frozenset({*self.things, *self.in_place, *self.deeds})

    def as_words(self, tokens: Sequence[Token], language: str) -> list[Token]:
        """The tokens with emoji as words of that language; the same emoji several times in a row is one."""
        out: list[Token] = []
        said, before = 0, ""
        for token in tokens:
            if token.text.isascii():
                out.append(token)
                said = 0
            elif token.text == before and said:
                out[-said:] = [Token(each.text, each.start, token.end) for each in out[-said:]]
            else:
                words = self._words(token.text, out[-1].text if out else "", language)
                out += token.respelled(words)
                said = len(words)
            before = token.text
        return out

    def _words(self, picture: str, after: str, language: str) -> list[str]:
        """What a picture says after that word; nothing when it only decorates."""
        tables: list[Words] = []
        if after in self.will and (after, language) != _ARTICLE:
            tables.append(self.deeds)
        tables.append(self.things)
        if after in self.lead:
            tables.append(self.in_place)
        for table in tables:
            if picture in table:
                return table[picture][_LANGUAGES.index(language)].split()
        return []


NO_PICTURES = Pictures({}, {}, frozenset(), {}, frozenset())


def read_pictures(written: Mapping[str, Any]) -> Pictures:
    """The tables of pictures.yml."""
    return Pictures(
        things=written["things"],
        in_place=written["in_place"],
        lead=frozenset(written["lead"]),
        deeds=written["deeds"],
        will=frozenset(written["will"]),
    )
