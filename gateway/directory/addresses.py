"""Reads street addresses: the number, and a street's name in the form in which it is compared."""

import re
from functools import lru_cache
from typing import NamedTuple

from gateway.directory.folding import fold

SUFFIXES = dict(
    pair.split("=")
    for pair in (
        "street=st st=st str=st calle=st avenue=ave ave=ave av=ave avenida=ave boulevard=blvd blvd=blvd bulevar=blvd"
        " road=rd rd=rd drive=dr dr=dr lane=ln ln=ln way=way court=ct ct=ct place=pl pl=pl parkway=pkwy pkwy=pkwy"
        " highway=hwy hwy=hwy circle=cir cir=cir terrace=ter ter=ter square=sq sq=sq plaza=plz plz=plz alley=aly"
    ).split()
)
DIRECTIONS = frozenset("n s e w ne nw se sw north south east west norte sur este oeste".split())
UNIT = re.compile(
    r"(?:[,;].*$|#.*$|\b(?:apt|apartment|suite|ste|unit|room|rm|floor|fl|bldg|building|piso|depto|ph)\b.*$"
    r"|\(.*$)"
)
NUMBER = re.compile(r"^(\d{1,6})(?:-\d+)?[a-z]?\b ?(?:1/2 )?")
TEENS = range(11, 14)
STREETS_KEPT = 4_096  # the same few streets again and again
ENDINGS = {1: "st", 2: "nd", 3: "rd"}
DOUBLED = re.compile(r"([a-z])\1")
SPELLED = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(),
        "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th".split(),
        strict=True,
    )
)


class Street(NamedTuple):
    """``core`` is the name without its kind and direction, folded, no letter doubled ("Misión", "Mission" -> "mision").

    ``number`` is that of the house; ``kind`` the street's (st, ave, …), both None where they are not said.
    """

    core: str
    number: int | None
    kind: str | None


@lru_cache(maxsize=STREETS_KEPT)
def street_of(written: str) -> Street | None:
    """The street in an address or in a resident's words: "3150 24th St, Apt 2", "calle 24", "Avenida Misión"."""
    plain = UNIT.sub("", fold(written)).strip(" .,-")
    number = NUMBER.match(plain)
    rest = plain[number.end() :].strip(" .,") if number else plain
    if number and (not rest or rest in SUFFIXES):  # "24" and "24 street" name a street, not a house
        number, rest = None, plain
    words = [word.strip(".'") for word in rest.replace(".", " ").split()]
    kind = next((SUFFIXES[word] for word in reversed(words) if word in SUFFIXES), None)
    named = [word for word in words if word not in SUFFIXES and word not in DIRECTIONS] or words
    core = DOUBLED.sub(r"\1", " ".join(_ordinal(word) for word in named))
    return Street(core, int(number[1]) if number else None, kind) if core else None


def squeeze(name: str) -> str:
    """A name folded, with no letter doubled, as names of places are compared."""
    return DOUBLED.sub(r"\1", " ".join(re.sub(r"[^\w@&/]+", " ", fold(name).replace("'", "")).split()))


def shown(written: str) -> str:
    """The street as it is told: the address without its number and unit."""
    plain = re.split(r"[,;#(]| (?:apt|suite|ste|unit|room|rm|floor)\b", " ".join(written.split()), flags=re.I)[0]
    return re.sub(r"^\d{1,6}(?:-\d+)?[A-Za-z]? (?=\S)", "", plain.strip())


def _ordinal(word: str) -> str:
    if word in SPELLED:
        return SPELLED[word]
    if not word.isdigit():
        return word
    last = int(word) % 100
    return word + ("th" if last in TEENS else ENDINGS.get(last % 10, "th"))
