"""Whom a service is for, what it costs and how it can be reached, read from a publisher's own words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.directory.folding import fold
from gateway.yaml_files import read_yaml

WORDS = Path(__file__).parent / "eligibility.yml"
OLDEST = 120
YOUNG_ADULTS = 22
UNDER, UP = (
    "younger|under|or less|or below|and below|o menos|o menor(?:es)?",
    r"older|over|up|above|m[aá]s|mayor(?:es)?",
)
YEARS = r"(?: ?(?:years?|yrs?|anos)(?: of age| old| de edad)?)?"
RANGE = re.compile(
    rf"\b(?:ages?d?|between|entre|de|edad(?:es)?(?: de)?|from) ?:? (\d{{1,2}}){YEARS}"
    r" ?(?:-|–|to|through|and|y|a) ?(\d{1,2})\b"
    rf"|\b(\d{{1,2}}) ?(?:-|–|to|through|a) ?(\d{{1,2}}) ?(?:years?|yrs?|anos)\b"
)
FROM = re.compile(
    rf"\b(\d{{1,3}}){YEARS} ?(?:\+|(?:(?:or|and|y|o) )(?:{UP})\b)"
    r"|\b(?:over|at least|minimum age(?: is| of)?|older than|mayores de|al menos|desde los|above)"
    r" (?:age |the age of |los )?(\d{1,3})\b"
)
TO = re.compile(
    rf"\b(\d{{1,2}}){YEARS} ?(?:(?:or|and|y|o) )(?:{UNDER})\b"
    r"|\b(?:under|younger than|menores de|below) (?:age |the age of |los )?(\d{1,2})\b"
    r"|\b(?:up to|through) age (\d{1,2})\b|\bhasta los (\d{1,2})\b"
)
ALSO = re.compile(r"\b(\d{1,2}) ?[-–] ?(\d{1,2})\b")  # "60+ and disabled 18-59": ages only beside other ages
OTHERS_TOO = re.compile(r"\b(?:adults?|parents?|famil\w+|everyone|anyone|all ages|adultos?|padres|todas las edades)\b")
HEDGED = re.compile(
    r"\b(?:for|in) (?:most|some|many|certain) (?:programs?|services?|activities|classes)\b|\bpreferred\b|\bvaries\b"
)
NOT_AN_AGE = re.compile(
    r"\$\s?\d[\d.,]*|\d+ ?(?:%|percent|months?|weeks?|days?|meses|semanas|dias|grade|th|st|nd|rd)\b"
)


@dataclass(frozen=True)
class Facts:
    """What a service says of itself. ``ages`` are years, the last excluded; what it does not say is empty or None."""

    ages: tuple[int, int] | None = None
    serves: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    cost: str | None = None


class Words:
    """Groups of codes, each with the words that say it."""

    def __init__(self, groups: dict[str, list[str]]) -> None:
        self._patterns = {code: _pattern(words) for code, words in groups.items()}

    def in_text(self, *texts: str | None) -> tuple[str, ...]:
        """The codes whose words stand in the texts, in the order of the file."""
        folded = " . ".join(fold(text) for text in texts if text)
        return tuple(code for code, pattern in self._patterns.items() if pattern.search(folded)) if folded else ()


@cache
def words(group: str) -> Words:
    """One group of the file: serves, only, access, cost or documents."""
    return Words(_file()[group])


@cache
def helps(access: str) -> str | None:
    """What a place must have for somebody of whom the bot heard this ("walking" -> "wheelchair"); None for others."""
    found: Any = _file()["asked"].get(access)
    return str(found) if found else None


def facts(  # noqa: PLR0913 - a service is these texts
    names: Iterable[str | None],
    description: str | None,
    eligibility: str | None,
    fees: str | None,
    minimum: float | None,
    maximum: float | None,
    amounts: Iterable[float] = (),
) -> Facts:
    """What a service says of itself: its numbers go before its words, what it says of eligibility before the rest."""
    names = [name for name in names if name]
    stated = [*names, eligibility]
    serves = (*words("serves").in_text(*stated, description), *words("only").in_text(*stated))
    return Facts(
        ages=_limits(minimum, maximum) or ages(eligibility) or ages(*names),
        serves=tuple(code for code in serves if code != "pets" or "no_pets" not in serves),
        access=words("access").in_text(*names, description, eligibility),
        cost=cost(fees, amounts),
    )


def cost(fees: str | None, amounts: Iterable[float] = ()) -> str | None:
    """``free``, ``sliding`` (less for some) or ``fee``; "free to eligible persons" is not free to everyone."""
    told = list(amounts)
    said = set(words("cost").in_text(fees))
    if "sliding" in said:
        return "sliding"
    if told and not fees:
        return "free" if max(told) == 0 else "fee"
    if said == {"free", "fee"}:
        return "free" if re.match(r"(?:free|no |none|without|gratis|sin )", fold(fees or "")) else "sliding"
    return next(iter(said), None) or ("fee" if any(told) else None)


def ages(*texts: str | None) -> tuple[int, int] | None:
    """The ages that texts name, from the youngest to the oldest, the last excluded; None where they name none.

    Ages of children beside whom the text also names adults say nothing of who may come, nor those "for most programs".
    """
    folded = NOT_AN_AGE.sub(" ", " . ".join(fold(text) for text in texts if text))
    if HEDGED.search(folded):
        return None
    found: list[tuple[int, int]] = []
    for match in RANGE.finditer(folded):
        low, high = (int(group) for group in match.groups() if group)
        if low < high:
            found.append((low, high + 1))
    rest = RANGE.sub(" ", folded)
    found += [(int(next(filter(None, match.groups()))), OLDEST) for match in FROM.finditer(rest)]
    for match in TO.finditer(rest):
        included, *under = match.groups()
        found.append((0, int(included) + 1 if included else int(next(filter(None, under)))))
    if not found:
        return None
    found += [(int(low), int(high) + 1) for low, high in ALSO.findall(rest) if int(low) < int(high)]
    low, high = min(low for low, _ in found), max(high for _, high in found)
    young = high <= YOUNG_ADULTS and OTHERS_TOO.search(rest)
    return None if young or low >= high or (low, high) == (0, OLDEST) else (low, high)


def _limits(minimum: float | None, maximum: float | None) -> tuple[int, int] | None:
    """HSDS' own ages; some publishers write 0 and 999 or 120 for "all"."""
    low = int(minimum) if minimum and minimum > 0 else 0
    high = int(maximum) + 1 if maximum and 0 < maximum < OLDEST else OLDEST
    return (low, high) if (low, high) != (0, OLDEST) and low < high else None


def _pattern(said: list[str]) -> re.Pattern[str]:
    ordered = sorted((fold(str(word)) for word in said), key=len, reverse=True)
    parts = [re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) + r"(?!\w)" for w in ordered]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


@cache
def _file() -> dict[str, dict[str, list[str]]]:
    read: dict[str, dict[str, list[str]]] = read_yaml(WORDS)
    return read
