"""What the gateway itself says: every text in English and Spanish side by side, kept as data in ``texts/*.yml``."""

import string
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.offers import NUMBERS, YES_NO, Question
from gateway.yaml_files import read_yaml

if TYPE_CHECKING:
    from gateway.community import Community

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("en", "es")
GENERAL = "general"
CHOICES = "menu_choices"
SAFETY = "safety.yml"
OTHER_LANGUAGES = "other_languages.yml"
SAFETY_LEVELS = ("emergency", "urgent")
AWAITING = "awaiting"
# Texts that ask for one of a few answers: how these stand in them, and where they stand when not in the text itself.
ASKS = {
    "ask_language": (NUMBERS, None),
    "menu_offer": (NUMBERS, None),
    "menu_not_understood": (NUMBERS, "menu_offer"),
    "handoff_911_ask": (YES_NO, None),
    "handoff_988_ask": (YES_NO, None),
    "handoff_211_ask": (YES_NO, None),
}


class SafetyText(NamedTuple):
    """One safety text in both languages, and the names of the sources that its numbers and its advice come from."""

    wording: Mapping[str, str]
    sources: tuple[str, ...]


class Source(NamedTuple):
    """Where a number or an advice comes from: who says so, where, what, and the numbers they answer."""

    name: str
    at: str
    says: str
    numbers: tuple[str, ...]


class Safety(NamedTuple):
    """The safety texts by level and name, which category gets which, and the two ways to say "call 911".

    ``also`` names texts of other files that are said in or beside danger and are signed together with these.
    """

    call: Mapping[str, Mapping[str, str]]
    order: tuple[tuple[str, str], ...]
    also: tuple[str, ...]
    levels: Mapping[str, Mapping[str, SafetyText]]
    sources: Mapping[str, Source]


def keys() -> frozenset[str]:
    """The names of all texts that :func:`say` knows."""
    return frozenset(_texts())


def say(key: str, language: str, **values: object) -> str:
    """The text ``key`` in ``"en"`` or ``"es"``, with its placeholders filled in.

    Raises ``KeyError`` for an unknown key, language or a placeholder without a value: a resident never sees ``{name}``.
    Values that a text does not use are ignored, so that one call serves texts that differ in this. A text that offers
    answers is a :class:`gateway.offers.Question`.
    """
    text = wording(key)[language].format_map(values)
    kind, named_in = ASKS.get(key, (None, None))
    return Question(text, kind, wording(named_in)[language] if named_in else None) if kind else text


def wording(key: str) -> Mapping[str, str]:
    """Both languages of a text, placeholders still in it. Raises ``KeyError`` for an unknown key."""
    return _texts()[key]


def both(key: str, first: str = "en", **values: object) -> str:
    """The text in both languages, one under the other, ``first`` on top."""
    return "\n".join(each(key, first, **values))


def each(key: str, first: str | None, **values: object) -> list[str]:
    """The text in both languages as two messages, ``first`` before the other; English first where none is known."""
    return [say(key, language, **values) for language in _in_order(first or "en")]


def one(key: str, language: str | None, **values: object) -> str:
    """The text in the language that is known, or in both, English on top, where none is."""
    return say(key, language, **values) if language else both(key, "en", **values)


def menu_choices() -> dict[str, str]:
    """What each digit of ``menu_offer`` means: a need code, or ``"person"``."""
    return dict(_menu())


def placeholders(text: str) -> frozenset[str]:
    """The names in braces in a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def safety(categories: Sequence[str], level: str, language: str | None, community: "Community") -> list[str]:
    """The fixed texts for danger: always two, one in each language, the resident's own first.

    ``level`` is ``"emergency"`` (call 911 now) or ``"urgent"`` (a person is being asked now, 988, 911 in danger).
    Unknown categories get the general text. "Text 911" is said only where the town's 911 centre takes texts in that
    language: elsewhere carriers send them back (FCC, text-to-911). Raises ``KeyError`` for any other level.
    """
    told = safety_texts()
    texts = told.levels[level]
    name = next((text for category, text in told.order if category in categories and text in texts), GENERAL)
    return [filled(texts[name], code, community) for code in _in_order(language or "en")]


def filled(text: SafetyText, language: str, community: "Community") -> str:
    """A safety text as it is said in this town, with the way to reach its 911 centre filled in."""
    ways = "voice_or_text" if community.text_911_in(language) else "voice"
    return text.wording[language].format(call_911=safety_texts().call[ways][language])


@cache
def safety_texts() -> Safety:
    """All safety texts as they stand in the file."""
    return read_safety(FOLDER / SAFETY)


def read_safety(path: Path) -> Safety:
    """Read and check a file of safety texts. Raises ``ValueError`` with every fault that it has, one a line."""
    raw = _read(path)
    faults = _safety_faults(raw)
    if faults:
        raise ValueError("\n".join(f"{path.name}: {fault}" for fault in faults))
    return Safety(
        call=raw["call"],
        order=tuple((category, text) for category, text in raw["order"]),
        also=tuple(raw["also"]),
        levels={
            level: {
                name: SafetyText({code: text[code] for code in LANGUAGES}, tuple(text["sources"]))
                for name, text in raw[level].items()
            }
            for level in SAFETY_LEVELS
        },
        sources={
            name: Source(source["name"], source["at"], source["says"], tuple(source["numbers"]))
            for name, source in raw["sources"].items()
        },
    )


def _safety_faults(raw: dict[str, Any]) -> list[str]:
    """What keeps the file from being used: no text may be short of a language, a source or its state of review."""
    faults = []
    for level in SAFETY_LEVELS:
        for name, text in raw[level].items():
            where = f"{level}.{name}"
            if set(text) != {*LANGUAGES, "sources", "sign_off"}:
                faults.append(f"{where}: must have exactly en, es, sources and sign_off")
                continue
            unknown = [source for source in text["sources"] if source not in raw["sources"]]
            if unknown or not text["sources"]:
                faults.append(f"{where}: sources that are not listed below, or none: {unknown}")
            if text["sign_off"] != AWAITING:
                faults.append(f"{where}: sign_off must be {AWAITING!r}; a town signs in its own file")
        if GENERAL not in raw[level]:
            faults.append(f"{level}: the text {GENERAL!r} is missing")
    known = {name for level in SAFETY_LEVELS for name in raw[level]}
    faults += [f"order: there is no text {text!r}" for _, text in raw["order"] if text not in known]
    return faults + [f"also: there is no text {key!r}" for key in raw["also"] if key not in keys()]


def _in_order(first: str) -> tuple[str, str]:
    if first not in LANGUAGES:
        raise KeyError(first)
    return ("es", "en") if first == "es" else ("en", "es")


@cache
def _files() -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        if path.name in {SAFETY, OTHER_LANGUAGES}:
            continue  # read by their own rules: here, and in strangers.py
        for key, text in _read(path).items():
            if key in found:
                raise ValueError(f"{path.name}: the text {key!r} stands in another file as well")
            found[key] = text
    return MappingProxyType(found)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    texts = {key: text for key, text in _files().items() if key != CHOICES}
    wrong = [key for key, text in texts.items() if set(text) != set(LANGUAGES)]
    if wrong:
        raise ValueError(f"texts that are not in exactly English and Spanish: {wrong}")
    return MappingProxyType(texts)


@cache
def _menu() -> Mapping[str, str]:
    menu: dict[str, str] = _files()[CHOICES]
    return menu


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = read_yaml(path)
    return read
