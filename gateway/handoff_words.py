"""What a responder reads aloud when they hand somebody over, and the words by which facts are found: kept as data."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from gateway import language as tongues
from gateway.language.letters import fold, normal
from gateway.yaml_files import read_yaml

FILE = Path(__file__).parent / "handoff_words.yml"
LONGEST_READ = 4_000  # characters of one message that are looked through


def line(key: str, language: str, **values: object) -> str:
    """One line of the script in ``"en"`` or ``"es"``. Raises ``KeyError`` for an unknown key or a missing value."""
    return str(_words()["script"][key][language]).format_map(values)


def name(fact: str, language: str) -> str:
    """What a kind of fact is called."""
    return str(_words()["names"][fact][language])


def names() -> tuple[str, ...]:
    """Every kind of fact, in the order of the page."""
    return tuple(_words()["names"])


def value(code: str, language: str) -> str:
    """A code in plain words; one that has none, a number among them, stands for itself."""
    known = _words()["values"].get(code)
    if known is not None:
        return str(known[language])
    return tongues.name(code) or code.replace("_", " ")


def mentions(kind: str, text: str) -> bool:
    """Whether a text speaks of weapons, of a place and the like, in either language; what it says is not read."""
    return _patterns()[kind].search(_plain(text)) is not None


def _plain(text: str) -> str:
    folded = fold(normal(text[:LONGEST_READ])).replace("'", "")
    return re.sub(r"[^a-z0-9]+", " ", folded)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    found = _words()["found"].items()
    return {kind: re.compile(rf"\b(?:{words['en']}|{words['es']})\b") for kind, words in found}


@cache
def _words() -> dict[str, Any]:
    read: dict[str, Any] = read_yaml(FILE)
    return read
