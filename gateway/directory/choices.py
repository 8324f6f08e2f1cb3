"""Reads the next word after a list of services: pure, text in, meaning out.

Only a whole message is a choice: "2" and "el segundo" are, "2 kids need diapers" is not.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.language.letters import plain
from gateway.yaml_files import read_yaml

FILE = Path(__file__).parent / "choices.yml"
DETAIL, MORE, OPEN_NOW, CLOSER, MAP, CALL = "detail", "more", "open_now", "closer", "map", "call"
OPEN_TODAY, AGAIN = "open_today", "again"
PLAIN = (MORE, OPEN_NOW, OPEN_TODAY, CLOSER, AGAIN)
# Questions about one service, or each of the list.
FACTS = HOURS, COST, PAPERS, WHO, APPLY, SPEAKS, ACCESS, WEB, ABOUT = (
    "hours", "cost", "papers", "who", "apply", "speaks", "access", "web", "about",
)  # fmt: skip
NAMED = (MAP, CALL, *FACTS)  # alone they mean the service that was told of last, or all of them
LONGEST = 60  # characters; a choice is a word or a few
BETWEEN = re.compile(r"\s*(?:,|;|/|&|\+|\band\b|\by\b|\be\b|\n)\s*")
DIGITS_ONLY = re.compile(r"[1-9](?:\s+[1-9])+")


@dataclass(frozen=True)
class Choice:
    """What is wanted of the list: ``kind`` and, where the message names them, numbers from 1 in its order."""

    kind: str
    numbers: tuple[int, ...] = ()


def read(text: str) -> Choice | None:
    """What the whole message asks of a list; None when it says anything else."""
    if len(text) > LONGEST:
        return None
    if numbers := numbers_in(text):
        return Choice(DETAIL, numbers)
    said = _plain(text)
    for kind in PLAIN:
        if re.fullmatch(_pattern(kind), said):
            return Choice(kind)
    for kind in (*NAMED, DETAIL):
        found = re.fullmatch(_numbered(kind), said) if kind != ABOUT else None
        if found is not None:
            number = next(found[name] for name in ("after", "before", "around") if found[name])
            return Choice(kind, (_value(number),))
        if kind in NAMED and re.fullmatch(_pattern(kind), said):
            return Choice(kind)
    return None


def numbers_in(text: str) -> tuple[int, ...]:
    """The numbers that the whole message names, in its order; none when it says anything else."""
    parts = [part for part in (_plain(part) for part in BETWEEN.split(text.strip())) if part]
    if len(parts) == 1 and DIGITS_ONLY.fullmatch(parts[0]):
        return tuple(int(digit) for digit in parts[0].split())
    found = [re.fullmatch(_number(), part) for part in parts]
    return tuple(_value(match["number"]) for match in found if match) if all(found) else ()


def _value(word: str) -> int:
    return number_words()[word]


@cache
def number_words() -> dict[str, int]:
    """What 1 to 9 are called, in digits and in words of both languages, without accents."""
    words: dict[int, list[str]] = _words()["numbers"]
    return {word: number for number, named in words.items() for word in (str(number), *named)}


@cache
def _one() -> str:
    return "|".join(sorted(number_words(), key=len, reverse=True))


@cache
def _number() -> str:
    return rf"(?:{_words()['before']} ){{0,3}}(?P<number>{_one()})(?: {_words()['after']})?"


@cache
def _pattern(kind: str) -> str:
    said = _words()[kind]
    return rf"(?:{said['en']}|{said['es']})(?: {_words()['after']})*"


@cache
def _numbered(kind: str) -> str:
    said, before = _words()[kind], _words()["before"]
    words = rf"(?:{said['en']}|{said['es']})"
    around = said.get("around", "(?!){n}").replace("{n}", f"(?P<around>{_one()})")
    return (
        rf"(?:{words} (?:{before} ){{0,3}}(?P<after>{_one()})"
        rf"|(?:{before} ){{0,3}}(?P<before>{_one()}) {words}|{around})(?: {_words()['after']})*"
    )


def _plain(text: str) -> str:
    return plain(text.replace("#", " "))  # "#2" is no tag


@cache
def _words() -> dict[str, Any]:
    read: dict[str, Any] = read_yaml(FILE)
    return read
