"""Which text was just said: every text of the product as a pattern, so that a script names keys and not wording.

The names are the texts' keys. ``utter_`` is left out, and ``utter_ask_screening_`` becomes ``asks_``; a safety text is
``safety.<level>.<name>``, a list of services ``services``, a line in a third language ``other_language.<code>``. In
another language than the script's a move is written ``en:about``, and ``both:help`` where the same was said in both,
the language of the script on top.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway import strangers, texts
from gateway.directory import answers
from gateway.segments import gsm_safe
from tools.all_texts import read_yaml

ROOT = Path(__file__).resolve().parents[2]
BOT = ROOT / "bot" / "data"
LANGUAGES = ("en", "es")
UNNAMED = "unknown text"
FOOTERS = ("services_footer", "services_footer_end")
PERSON = "person"  # the words of a responder, which no file holds


@dataclass(frozen=True)
class Pattern:
    """One text of one move. ``fixed`` is how much of it stands fast: of two patterns that fit, the fuller is meant."""

    move: str
    language: str
    regex: re.Pattern[str]
    fixed: int


def named(said: str, first: str) -> str:
    """The move that a text makes, as a script in language ``first`` writes it."""
    found = [each for each in patterns() if each.regex.fullmatch(said)]
    if not found:
        return UNNAMED
    best = max(found, key=lambda each: (each.fixed, each.language == first))
    return best.move if best.language == first else f"{best.language}:{best.move}"


def folded(moves: Iterable[str], first: str) -> Iterator[str]:
    """The same in one word where a text was said in both languages, the script's own on top."""
    other = next(code for code in LANGUAGES if code != first)
    waiting: str | None = None
    for move in moves:
        if waiting is not None and move == f"{other}:{waiting}":
            yield f"both:{waiting}"
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = move
    if waiting is not None:
        yield waiting


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every text that a resident may be told."""
    said = (*_gateway(), *_safety(), *_services(), *_one_service(), *_strangers(), *_bot())
    return tuple(_pattern(move, language, text) for move, language, text in said)


def names() -> frozenset[str]:
    """Every move that there is."""
    return frozenset(each.move for each in patterns()) | {PERSON}


def _pattern(move: str, language: str, text: str) -> Pattern:
    parts = re.split(r"\{\w+\}", text)
    return Pattern(move, language, re.compile(".+?".join(map(re.escape, parts)), re.DOTALL), len("".join(parts)))


def _gateway() -> Iterator[tuple[str, str, str]]:
    for key in sorted(texts.keys() - {"services_header", *FOOTERS}):
        pair = texts.wording(key)
        yield from ((key, code, pair[code]) for code in LANGUAGES)
        for one, other in (("en", "es"), ("es", "en")):
            yield f"both:{key}", one, f"{pair[one]}\n{pair[other]}"


def _safety() -> Iterator[tuple[str, str, str]]:
    told = texts.safety_texts()
    for level, named_texts in told.levels.items():
        for name, said in named_texts.items():
            for code in LANGUAGES:
                yield f"safety.{level}.{name}", code, said.wording[code]


def _services() -> Iterator[tuple[str, str, str]]:
    """A list of services begins and ends with fixed words; what stands between is the directory's."""
    for code, footer in [(code, texts.say(key, code)) for code in LANGUAGES for key in FOOTERS]:
        for head in (texts.say("services_header", code), answers.words()["near"][code]):
            for spelt in (f"{head}\n{{services}}\n{footer}", gsm_safe(f"{head}\n{{services}}\n{footer}")):
                yield "services", code, spelt
        for key in ("no_services", "no_more_services"):
            yield f"{key}.place_unknown", code, f"{answers.words()['place_unknown'][code]}\n{texts.say(key, code)}"
        near = answers.words()["looked_near"][code]
        yield "no_services.near", code, f"{near}\n{texts.say('no_services', code)}"
        yield "no_services.near", code, gsm_safe(f"{near}\n{texts.say('no_services', code)}")
        head = answers.words()["place_unknown"][code]
        yield "services.place_unknown", code, gsm_safe(f"{head}\n{{services}}\n{footer}")


def _one_service() -> Iterator[tuple[str, str, str]]:
    """What is said of one service of a list: its details, its hours or papers, where it is, how to call it."""
    for code in LANGUAGES:
        number = answers.words()["call_number"][code]
        yield "service", code, f"{{n}}) {{name}}\n{number}\n{{rest}}"
        yield "call", code, f"{{name}}\n{number}\n{{rest}}"
        yield "facts", code, "{n}) {name}: {told}"  # of each service, where all were asked about
        yield "map", code, "{name}\n{where}\nhttps://maps.google.com/?q={point}"


def _strangers() -> Iterator[tuple[str, str, str]]:
    """A line in a third language is the same move whatever language the script is in."""
    for iso, line in strangers.lines().items():
        for code in LANGUAGES:
            yield f"other_language.{iso}", code, line.asked
            yield f"other_language.{iso}.nobody_on_shift", code, line.nobody_on_shift


def _bot() -> Iterator[tuple[str, str, str]]:
    for path in sorted(BOT.glob("*/*.yml")):
        for key, variants in (read_yaml(path).get("responses") or {}).items():
            if not key.startswith("utter_name_"):  # a need's name is part of a text, and none
                for variant in variants:
                    yield renamed(key), variant["condition"][0]["value"], variant["text"]


def renamed(key: str) -> str:
    """A response of the bot as scripts call it."""
    return key.removeprefix("utter_").replace("ask_screening_", "asks_")
