"""Shows a resident's own words safely: what fired is marked, what is invisible is named, nothing can flip the page."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

# English and Spanish as they are written: nothing of it is invisible, and to look at each letter takes long.
PLAIN = re.compile(r"[\n\t\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2018-\u201d\u2026]*")
JOINER, EMOJI_STYLE = "\u200d", "\ufe0f"
AFTER_EMOJI = {JOINER: {"So", "Sk", "Mn"}, EMOJI_STYLE: {"So", "Sk", "Sm", "Nd", "Po"}}
MARKS_SHOWN = 4  # more combining marks on one letter than any EN or ES word has: they would paint over other lines
AROUND = 60
HIDDEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
BLANK_LETTERS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
SHORT_NAMES = {
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
}

Span = tuple[int, int]


def spans(findings: Iterable[dict[str, Any]], length: int) -> list[Span]:
    """Where the words lie that made cards fire: within the text, in order, overlaps joined."""
    found = sorted(
        (max(0, int(each["start"])), min(length, int(each["end"]))) for each in findings if not each.get("earlier")
    )
    joined: list[Span] = []
    for start, end in found:
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def marked(text: str, marks: Sequence[Span] = ()) -> Markup:
    """The text as HTML, its ``marks`` highlighted, isolated from the direction of what stands around it."""
    parts, at = [], 0
    for start, end in marks:
        parts += [_visible(text[at:start]), Markup("<mark>"), _visible(text[start:end]), Markup("</mark>")]
        at = end
    parts.append(_visible(text[at:]))
    return Markup('<bdi dir="auto">{}</bdi>').format(Markup("").join(parts))


def snippet(text: str, findings: Sequence[dict[str, Any]]) -> Markup:
    """One line of the text around the first words that fired, or its beginning when none did."""
    marks = spans(findings, len(text))
    first = marks[0] if marks else (0, 0)
    start, end = max(0, first[0] - AROUND), min(len(text), first[1] + AROUND)
    inside = [(max(low, start) - start, min(high, end) - start) for low, high in marks if low < end]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return Markup("{}{}{}").format(before, marked(text[start:end].replace("\n", " "), inside), after)


def _visible(text: str) -> Markup:
    if PLAIN.fullmatch(text):
        return escape(text)
    return Markup("").join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    before = ""
    for combining, run in groupby(text, key=_is_combining):
        letters = "".join(run)
        if combining:
            yield _few(letters)
            before = letters[-1]
            continue
        for letter in letters:
            yield _unseen(letter) if _hides(letter, before) else escape(letter)
            before = letter


def _is_combining(letter: str) -> bool:
    return unicodedata.category(letter) in {"Mn", "Me"} and letter not in BLANK_LETTERS and letter != EMOJI_STYLE


def _few(letters: str) -> Markup:
    left_out = len(letters) - MARKS_SHOWN
    if left_out <= 0:
        return escape(letters)
    return escape(letters[:MARKS_SHOWN]) + Markup('<span class="unseen">+{}</span>').format(left_out)


def _hides(letter: str, before: str) -> bool:
    if letter in "\n\t":
        return False
    if letter in AFTER_EMOJI:  # part of many emoji; anywhere else they only hide a word from a filter
        return not before or unicodedata.category(before) not in AFTER_EMOJI[letter]
    return letter in BLANK_LETTERS or unicodedata.category(letter) in HIDDEN_KINDS


def _unseen(letter: str) -> Markup:
    code = f"U+{ord(letter):04X}"
    name = unicodedata.name(letter, "CONTROL CHARACTER")
    return Markup('<span class="unseen" title="{} {}">{}</span>').format(code, name, SHORT_NAMES.get(letter, code))
