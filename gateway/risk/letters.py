"""Letters as typed made into plain words, each of which knows its place in the raw text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Letters of other alphabets that look like Latin ones; NFKC leaves them alone.
_LOOKALIKE = {
    **dict(zip("авеіјкмнорстухѕьпԁԛԝѵӏ", "abeijkmhopctyxsbndqwvl", strict=True)),
    **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),
    **dict(zip("օոսհ", "onuh", strict=True)),
}
# Latin letters of other shapes, by their Unicode names: ᴋ, đ, ı, ɡ, ß, 🅺, 🇰.
_LATIN = re.compile(
    r"(?:.*LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |[A-Z]{2,} )?|REGIONAL INDICATOR SYMBOL LETTER )"
    r"([A-Z])(?: WITH .+)?"
)
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # Hangul letters that show nothing
APOSTROPHES = _APOSTROPHES = frozenset("'’‘`´ʼ′＇")  # in fold() by the name that the net's weights were made with
_STOPS = frozenset(".!?;:\n\r¿¡…。")
_COMMAS = frozenset(",()[]—–")
_SYMBOLS = frozenset("@$!|*+#")
_MARKS = frozenset({"Mn", "Me"})
_NO_WIDTH = _MARKS | {"Cf"}
_TOKEN = re.compile(r"#?[a-z0-9$@](?:[a-z0-9]|[@$!|*+](?=[a-z0-9]))*|[.!?;:]+|,|[^\x00-\x7f]")
_PICTURE = re.compile(
    "(?P<first>{base})(?P<rest>(?:{dress}|\u200d[\u2640\u2642])*(?P<more>(?:\u200d{base}{dress}*)*))".format(
        base="[\u2600-\u27bf\U0001f198\U0001f300-\U0001faff]", dress="[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]"
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word (or stop, or comma) of a view and the range of raw text it was read from."""

    text: str
    start: int
    end: int

    def respelled(self, words: Sequence[str]) -> list[Token]:
        """Other words read from the same place."""
        return [Token(word, self.start, self.end) for word in words]


@dataclass(frozen=True)
class View:
    """One spelling of a message: tokens, joined by single spaces with a space at both ends."""

    name: str
    tokens: tuple[Token, ...]

    @cached_property
    def text(self) -> str:
        """The view as a string of a-z, 0-9, '.', ',' and single spaces."""
        return "".join(f" {token.text}" for token in self.tokens) + " "

    @cached_property
    def _begins(self) -> list[int]:
        begins, at = [], 0
        for token in self.tokens:
            begins.append(at)
            at += len(token.text) + 1
        return begins

    def start_of(self, index: int) -> int:
        """Where in `text` the token of that index begins (its leading space); the last space when there is none."""
        return self._begins[index] if index < len(self.tokens) else len(self.text) - 1

    def token_range(self, start: int, end: int) -> tuple[int, int]:
        """The tokens (first, one past last) that the range of `text` touches."""
        first = bisect_right(self._begins, start) - 1
        last = bisect_right(self._begins, max(start, end - 1)) - 1
        return max(0, first), max(0, last) + 1

    def raw_range(self, start: int, end: int) -> tuple[int, int]:
        """The range of raw text that a range of this view's `text` was read from."""
        first, past = self.token_range(start, end)
        touched = self.tokens[first:past]
        if not touched:
            return 0, 0
        return min(token.start for token in touched), max(token.end for token in touched)


@lru_cache(maxsize=4096)
def fold(char: str) -> str:
    """One raw character as lower-case ASCII letters, digits and marks; '' when it has no width; ' ' for all else."""
    if char in _APOSTROPHES or char in _FILLERS:
        return ""
    if char in _STOPS:
        return char if char in ".!?;:" else "."
    if char in _COMMAS:
        return ","
    kept = []
    for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).lower()):
        if unicodedata.category(part) in _NO_WIDTH:
            continue
        plain = _LOOKALIKE.get(part) or _latin(part)
        kept.append(plain if plain in _SYMBOLS or (plain.isascii() and plain.isalnum()) else " ")
    return "".join(kept)


def _latin(char: str) -> str:
    if char.isascii():
        return char
    named = _LATIN.fullmatch(unicodedata.name(char, ""))
    return named.group(1).lower() if named else char


def tokens_of(raw: str, pictures: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens of raw text, with the symbols inside words kept so that later steps can read them.

    An emoji of `pictures` is a token of its own, which reaches over its skin tone and variation; any other is a space.
    """
    folded: list[str] = []
    places: list[int] = []
    ends: dict[int, int] = {}
    at = 0
    for start, end, picture in _pictures_in(raw, pictures):
        _fold_range(raw, at, start, folded, places)
        folded.append(picture)
        places.append(start)
        ends[start] = at = end
    _fold_range(raw, at, len(raw), folded, places)
    found = []
    for match in _TOKEN.finditer("".join(folded)):
        text = "." if match.group()[0] in ".!?;:" else match.group()
        last = places[match.end() - 1]
        found.append(Token(text, places[match.start()], ends.get(last) or _past_marks(raw, last + 1)))
    return found


def _past_marks(raw: str, end: int) -> int:
    """The end of a word with the accents that follow its last letter."""
    while end < len(raw) and not raw[end].isascii() and unicodedata.category(raw[end]) in _MARKS:
        end += 1
    return end


def _pictures_in(raw: str, pictures: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    """Where emoji stand that must not be read character by character, and what they are: a space when not known.

    Emoji joined to one are one picture: a heart on fire, or a firefighter, is no fire.
    """
    if raw.isascii():
        return
    for match in _PICTURE.finditer(raw):
        known = match["first"] in pictures and not match["more"]
        yield match.start(), match.end(), match["first"] if known else " "


def _fold_range(raw: str, start: int, end: int, folded: list[str], places: list[int]) -> None:
    for index in range(start, end):
        for part in fold(raw[index]):
            folded.append(part)
            places.append(index)


def merge(tokens: Sequence[Token], merges: dict[tuple[str, str], str]) -> list[Token]:
    """Two words that are one contraction, as that contraction: 'i am' is 'im', 'want to' is 'wanna'."""
    out: list[Token] = []
    for token in tokens:
        joined = merges.get((out[-1].text, token.text)) if out else None
        if joined is None:
            out.append(token)
        else:
            out[-1] = Token(joined, out[-1].start, token.end)
    return out
