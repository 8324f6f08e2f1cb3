"""Mark the words of a place in a text: a small chain model (CRF) learned from rows whose places are marked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import chain
from pathlib import Path

from bot.pipeline.plain import unaccented

Span = tuple[int, int]
"""Where something begins and ends in a text, in characters."""

LEAST = 0.1
"""How likely a word must be part of a place where the likeliest reading has none; chosen on rows left out."""

_WORD = re.compile(r"\w+(?:['\u2019.-]\w+)*|[^\w\s]")
_ONE_PLACE = re.compile(r",? (?:in|en|de|of)? ?|, ?|/")
"""What stands between two parts of one place: "la Main en Santa Ana"."""
_TOWNS = Path(__file__).parent / "towns.txt"
_LONGEST_TOWN = 3
_FEW = 3
_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th|ra|da|ta|a)")
_STREET = frozenset(
    "street st avenue ave av boulevard blvd road rd drive dr lane ln way court ct highway hwy parkway pkwy alley "
    "terrace calle avenida bulevar carretera".split()
)
_SPOT = frozenset(
    "park library station church school plaza mall bridge hospital clinic airport market walmart target mcdonalds "
    "safeway walgreens cvs parque biblioteca estacion iglesia escuela puente mercado terminal bart downtown centro "
    "parada gasolinera laundromat underpass overpass freeway river".split()
)
_AND = frozenset("and y n & con x / at".split())
# How often a word stands outside of places in the rows, and what is told of it from there on.
_RARE = ((0, "never"), (2, "seldom"), (9, "some"))
_SETTINGS = {"c1": 0.1, "c2": 0.05, "max_iterations": 50}


def words(text: str) -> list[Span]:
    """Words, numbers and marks."""
    return [match.span() for match in _WORD.finditer(text)]


class Tagger:
    """The trained model."""

    def __init__(self, path: Path) -> None:
        """Load it. Raises `OSError` or `ValueError` when the file is not one."""
        import pycrfsuite

        self._model = pycrfsuite.Tagger()
        self._model.open(str(path))
        self._seen: dict[str, int] = json.loads(_beside(path).read_text(encoding="utf-8"))

    def places(self, text: str) -> list[str]:
        """The places that a text names, in its own spelling and order."""
        spans = words(text)
        if not spans:
            return []
        tags = self._model.tag(features(even(text), spans, self._seen))
        if all(tag == "O" for tag in tags):
            tags = ["O" if self._model.marginal("O", i) > 1 - LEAST else "I" for i in range(len(spans))]
        found: list[Span] = []
        for begin, end in _joined(spans, tags):
            if found and _ONE_PLACE.fullmatch(text[found[-1][1] : begin]):
                found[-1] = (found[-1][0], end)
            else:
                found.append((begin, end))
        return [text[begin:end] for begin, end in found]


def train(rows: list[tuple[str, list[Span]]], path: Path) -> None:
    """Learn from texts and where their places stand, and write the model: about 15 s for 15,000 rows."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    outside = {text: _outside(text, places) for text, places in rows}
    seen = Counter(chain.from_iterable(own.elements() for own in outside.values()))
    for text, places in rows:
        spans = words(text)
        if spans:
            # What a row itself adds is left out: a name that it alone has is as rare as one that nobody wrote.
            trainer.append(features(text, spans, seen, outside[text]), _tags(spans, places))
    trainer.set_params(_SETTINGS)
    trainer.train(str(path))
    _beside(path).write_text(json.dumps(seen, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def _outside(text: str, places: list[Span]) -> Counter[str]:
    spans = words(text)
    tags = _tags(spans, places)
    return Counter(unaccented(text[b:e]) for (b, e), tag in zip(spans, tags, strict=True) if tag == "O")


def even(text: str) -> str:
    """A text in small letters where every word has a capital: they tell no names then, "Necesito Una Cama Hoy"."""
    small = text.lower()
    same = len(small) == len(text) and len(text.split()) > _FEW
    return small if same and (text.istitle() or text.isupper()) else text


def _tags(spans: list[Span], places: list[Span]) -> list[str]:
    tags = ["O"] * len(spans)
    for begin, end in places:
        inside = [i for i, span in enumerate(spans) if begin <= span[0] and span[1] <= end]
        for number, index in enumerate(inside):
            tags[index] = "I" if number else "B"
    return tags


def _joined(spans: list[Span], tags: list[str]) -> list[Span]:
    found: list[Span] = []
    before = "O"
    for (begin, end), tag in zip(spans, tags, strict=True):
        if tag == "I" and before != "O":
            found[-1] = (found[-1][0], end)
        elif tag != "O":
            found.append((begin, end))
        before = tag
    return found


def features(
    text: str, spans: list[Span], seen: Mapping[str, int], own: Mapping[str, int] | None = None
) -> list[list[str]]:
    """What the model sees of each word: itself, its form, how rare it is, its neighbours, whether it may name a town.

    `seen` tells how often words stand outside of places, `own` how much of that is this text's.
    """
    written = [text[begin:end] for begin, end in spans]
    low = [unaccented(word) for word in written]
    framed = ["<", "<", "<", *low, ">", ">"]
    forms = [_form(word) for word in written]
    rare = ["<", *(_rarity(word, seen.get(word, 0) - (own or {}).get(word, 0)) for word in low), ">"]
    in_town = _in_town(low)
    told: list[list[str]] = []
    for i, word in enumerate(low):
        before3, before2, before, _, after, after2 = framed[i : i + 6]
        told.append(
            [
                *("bias", f"w={word}", f"s={forms[i]}", f"p={word[:3]}", f"e={word[-3:]}", f"e2={word[-2:]}"),
                *(f"-1={before}", f"+1={after}", f"-2={before2}", f"+2={after2}", f"-3={before3}"),
                *(f"-1,0={before}|{word}", f"0,1={word}|{after}", f"-2,-1={before2}|{before}", f"1,2={after}|{after2}"),
                *(f"s-1={forms[i - 1] if i else '<'}", f"s+1={forms[i + 1] if i + 1 < len(forms) else '>'}"),
                *(f"r={rare[i + 1]}", f"r-1={rare[i]}", f"r+1={rare[i + 2]}"),
                *_traits(i, low, written, in_town),
            ]
        )
    return told


def _rarity(word: str, times: int) -> str:
    """Names that nobody wrote before are places more often than words that everybody writes."""
    if word.isdigit():
        return "number"
    return next((told for most, told in _RARE if times <= most), "often")


def _traits(i: int, low: list[str], written: list[str], in_town: list[str]) -> list[str]:
    after = low[i + 1] if i + 1 < len(low) else ""
    before = low[i - 1] if i else "<"
    traits = {
        "street": low[i] in _STREET,
        "spot": low[i] in _SPOT,
        "to street": after in _STREET,
        "to and": after in _AND,
        "ordinal": _ORDINAL.fullmatch(low[i]) is not None,
        "capital": i > 0 and written[i][:1].isupper() and not all(word.isupper() for word in written),
        "alone": len(low) == 1,
        "few": len(low) <= _FEW,
        f"town {in_town[i]}": bool(in_town[i]),
        f"town after {before}": bool(in_town[i]),
    }
    return [name for name, holds in traits.items() if holds]


def _form(word: str) -> str:
    for pattern, letter in ((r"[A-Z\u00c1\u00c9\u00cd\u00d3\u00da\u00d1]", "X"), (r"[^\W\d_X]", "x"), (r"\d", "9")):
        word = re.sub(pattern, letter, word)
    return re.sub(r"(.)\1{2,}", r"\1\1", word)


@cache
def towns() -> frozenset[str]:
    """The names of the country's towns, in small letters without accents."""
    return frozenset(_TOWNS.read_text(encoding="utf-8").split("\n")) - {""}


def _in_town(low: list[str]) -> list[str]:
    """For each word how long the longest name of a town is that it belongs to; empty for none."""
    found = [""] * len(low)
    for length in range(1, _LONGEST_TOWN + 1):
        for i in range(len(low) - length + 1):
            if " ".join(low[i : i + length]) in towns():
                found[i : i + length] = [str(length)] * length
    return found
