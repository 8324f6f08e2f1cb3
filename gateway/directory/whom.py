"""Reads whom help is for out of free words, both languages at once: their gender, the papers and the money they lack.

Only what is said plainly counts. A gender is that of the person to be helped: never guessed from a name, and none where
two people of different genders come together, because one of them would stand before a closed door. What was said last
goes before what was said first.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gateway.directory.folding import fold_closed
from gateway.yaml_files import read_yaml

FILE = Path(__file__).parent / "whom.yml"
SELF, OTHER = "self", "other"  # as the bot hears for whom it is
NOT_SURE = ""  # somebody is spoken of, and this says no gender
PART = re.compile(r"\{([a-z_]+)\}")


def gender(texts: Sequence[str], for_whom: str | None = None) -> str | None:
    """``women`` or ``men``, as the newest text says that speaks of it (of texts from the oldest on); None in doubt.

    ``for_whom`` is whether they ask for themselves or for somebody else, where that is known.
    """
    told = (_of_text(fold_closed(text), for_whom) for text in reversed(texts))
    return next((found for found in told if found is not None), None) or None


def lacks(texts: Sequence[str]) -> tuple[str, ...]:
    """The papers that are missing (id, address, income, insurance), unless a newer text says that they are there."""
    missing: set[str] = set()
    for text in map(fold_closed, texts):
        missing -= {paper for paper in _papers() if _paper("has", paper).search(text)}
        missing |= {paper for paper in _papers() if _paper("lacks", paper).search(text)}
    return tuple(paper for paper in _papers() if paper in missing)


def nothing_to_pay(texts: Sequence[str]) -> bool:
    """Whether it must cost nothing: they say so, or that they have no money or no insurance."""
    return any(map(_pattern("nothing_to_pay").search, map(fold_closed, texts))) or "insurance" in lacks(texts)


def _of_text(plain: str, for_whom: str | None) -> str | None:
    """The gender that one text says; None where it says nothing of it."""
    if for_whom != SELF:
        others = _genders("other", plain)
        if _pattern("somebody").search(plain):
            return NOT_SURE
        if others:
            return _only(others)
    if for_whom == OTHER:
        return None
    own, beside = _genders("self", plain), _genders("together", plain)
    if not own:
        return NOT_SURE if beside else None
    return _only(own | beside)


def _only(found: set[str]) -> str:
    return next(iter(found)) if len(found) == 1 else NOT_SURE


def _genders(whose: str, plain: str) -> set[str]:
    return {one for one in _words()[whose] if _pattern(whose, one).search(plain)}


def _papers() -> dict[str, str]:
    found: dict[str, str] = _words()["papers"]
    return found


@cache
def _pattern(name: str, key: str | None = None) -> re.Pattern[str]:
    return re.compile(_filled(_words()[name][key] if key else _words()[name]))


@cache
def _paper(name: str, paper: str) -> re.Pattern[str]:
    return re.compile(_filled(_words()[name]).replace("{paper}", _papers()[paper]))


def _filled(said: str | list[str]) -> str:
    """One pattern of those any of which will do, with its parts put in; parts may have parts themselves."""
    parts: dict[str, str] = _words()["parts"]
    pattern = said if isinstance(said, str) else "|".join(said)
    while any(f"{{{name}}}" in pattern for name in parts):
        pattern = PART.sub(lambda found: parts.get(found[1], found[0]), pattern)
    return pattern


@cache
def _words() -> dict[str, Any]:
    read: dict[str, Any] = read_yaml(FILE)
    return read
