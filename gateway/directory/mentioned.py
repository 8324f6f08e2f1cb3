"""Finds the place that a text names among its other words."""

import re

from sqlalchemy.orm import Session

from gateway.directory import locating, mistyped
from gateway.directory.addresses import squeeze
from gateway.directory.gazetteer import Town
from gateway.directory.phrases import words_in

BEFORE = (
    r"near|close to|around|in|at|by|on|from|cerca del?|cerca|en|por|junto a|vivo en|barrio de|barrio"
    r"|i live in|somos de|soy de|estoy en|town of|city of|ciudad de|pueblo de"
)
INTRODUCED = re.compile(rf"\b(?:{BEFORE})\s+(?=\S)")
CLOSED_BY = re.compile(r"[.;!?\n]|\b(?:please|por favor|for|para|that|que|because|porque)\b")
SHORTENED = re.compile(r"\b(st|mt|ft|pt)\.(?= )", re.I)  # no sentence ends here: "East St. Louis"
MOST_WORDS = 5
LONGEST_NAME = 4  # words
ORDINARY = locating.ORDINARY


def named_in(session: Session, written: str, town: Town | None, language: str = "en") -> str | None:
    """The part of a text that surely names a place around here; None without one.

    First what stands after "near", "in", "cerca de"; then the community's own cities and counties wherever they stand,
    but for those that are also common words.
    """
    reader = locating.Reader(session, town, language)
    written = SHORTENED.sub(r"\1", written)
    plain = locating.plain(written)
    introduced = list(INTRODUCED.finditer(plain))
    for found in reversed(introduced):
        words = CLOSED_BY.split(plain[found.end() :])[0].split()[:MOST_WORDS]
        for length in range(len(words), 0, -1):
            name = " ".join(words[:length]).strip(" ,.")
            if name and (reader.knows(name) or _part_of_town(reader, name)):
                return name
    return _anywhere(reader, written) or (_nearly(town, written) if town else None)


def _part_of_town(reader: locating.Reader, name: str) -> bool:
    """Whether it is more than the city's name, and services are named so ("South Chicago")."""
    words = name.split()
    return len(words) > 1 and any(squeeze(word) in reader.regions for word in words) and reader.names_services(name)


def _anywhere(reader: locating.Reader, written: str) -> str | None:
    """The longest name of the community's own that stands anywhere; of equals the last."""
    words, capital = words_in(written), _capitals(written)
    best: str | None = None
    for length in range(1, LONGEST_NAME + 1):
        for start in range(len(words) - length + 1):
            name = " ".join(words[start : start + length])
            key = squeeze(name)
            surely = length > 1 or key in reader.large or name in capital or not mistyped.ordinary(name, ORDINARY)
            if key in reader.regions and surely:
                best = name
    return best


def _nearly(town: Town, written: str) -> str | None:
    """A city of the community with a slip in it ("redwod city"), where nothing else can be meant."""
    words = words_in(written)
    for start, word in enumerate(words):
        meant = None if mistyped.ordinary(word) else town.nearest.to(word)
        for length in range(LONGEST_NAME, 0, -1) if meant else ():
            name = " ".join([str(meant), *words[start + 1 : start + length]])
            if name in town.own and len(squeeze(name)) > LONGEST_NAME + 3:
                return name
    return None


def _capitals(written: str) -> frozenset[str]:
    """The words with a capital that do not begin a sentence, folded; none where all are capitals."""
    if written.isupper():
        return frozenset()
    return frozenset(word for found in re.findall(r"(?<=[\w,;] )[A-ZÁÉÍÓÚÑ]\w+", written) for word in words_in(found))
