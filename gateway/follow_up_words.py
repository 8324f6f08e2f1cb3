"""Reads what a resident answers to our follow-up questions: pure, text in, meaning out."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from gateway.language import letters
from gateway.yaml_files import read_yaml

FILE = Path(__file__).parent / "follow_up_words.yml"
PERSON = "person"
MOST_WORDS = 20  # longer than that it is a story, and for the bot or a person to read
MOST_CHARACTERS = 200


def consent(text: str) -> bool | None:
    """Whether the whole message says yes or no; None for anything else, an "ok" among it."""
    return {"yes": True, "no": False}.get(_first("consent", text) or "")


def asks_why(text: str) -> bool:
    """Whether the whole message asks why we ask."""
    return _matches(_words()["why"], _plain(text))


def result(text: str) -> str | None:
    """``got_it``, ``still_trying``, ``not_obtained`` or ``person``; None for words that are no plain answer.

    What got in the way, said in words of one's own ("no they were full"), is ``not_obtained``.
    """
    plain = _plain(text)
    if _is_person(plain):
        return PERSON
    found = _first("result", text)
    if found is None and re.match(r"(?:2 )?no\b", plain) and barrier(text) is not None:
        return "not_obtained"
    return found


def barrier(text: str) -> str | None:
    """The code of what got in the way, by its number or in words; ``person`` for a wish to talk to one."""
    plain = _plain(text)
    codes = [entry["code"] for entry in _words()["barriers"]]
    number = re.fullmatch(r"(?:number |numero |la |el )?(\d{1,2})", plain)
    if number is not None:
        place = int(number[1])
        return codes[place - 1] if 1 <= place <= len(codes) else None
    if _is_person(plain):
        return PERSON
    if not plain or len(plain.split()) > MOST_WORDS or _matches(_words()["request"], plain):
        return None
    return next((code for code, pattern in _barriers() if pattern.search(plain)), None)


def skips(text: str) -> bool:
    """Whether a whole message passes over a question."""
    return _matches(_words()["pass_over"], _plain(text))


def which(text: str, most: int) -> int | None:
    """The number from a list of ``most`` that was meant, 0 for none of them or not known; None for anything else."""
    plain = _plain(text)
    number = re.fullmatch(r"(?:number |numero |la |el )?([1-9])", plain)
    if number is not None:
        return int(number[1]) if int(number[1]) <= most else None
    return 0 if _matches(_words()["skip"], plain) else None


def codes() -> tuple[str, ...]:
    """The barrier codes, in the order of their numbers."""
    return tuple(entry["code"] for entry in _words()["barriers"])


def _first(group: str, text: str) -> str | None:
    plain = _plain(text)
    return next((meaning for meaning, said in _words()[group].items() if _matches(said, plain)), None)


def _is_person(plain: str) -> bool:
    return _matches(_words()["person"], plain)


def _matches(said: dict[str, str], plain: str) -> bool:
    return any(re.fullmatch(pattern, plain) for pattern in said.values())


def _plain(text: str) -> str:
    return letters.plain(text) if len(text) <= MOST_CHARACTERS else ""


@cache
def _barriers() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((entry["code"], re.compile(rf"\b(?:{entry['en']}|{entry['es']})\b")) for entry in _words()["barriers"])


@cache
def _words() -> dict[str, Any]:
    read: dict[str, Any] = read_yaml(FILE)
    return read
