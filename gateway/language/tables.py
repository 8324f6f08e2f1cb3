"""How likely a word is in each language: word lists first, then the letter groups of langdetect's profiles."""

import json
import math
from functools import cache
from pathlib import Path

from langdetect import PROFILES_DIRECTORY

from gateway.language.letters import fold, squeezed

FOLDER = Path(__file__).parent / "words"
SERVED = ("en", "es")
WITH_TABLE = (*SERVED, "pt", "fr", "it", "de", "vi", "tl", "ht", "id", "tr", "pl", "nl")
# Known by their own hand-written words alone.
BY_HAND_ONLY = ("so", "ru", "zh")
LANGUAGES = (*WITH_TABLE, *BY_HAND_ONLY)

FLOOR = -7.5  # log10: a word that the list of a language lacks
UNKNOWN = -6.0  # log10: a word that every list lacks, where it looks most at home
OURS = -4.5  # log10: a word of ours.txt in its own language
GRAM_SHARE = 0.3
LOWEST_OF_UNKNOWN = -1.5
GRAM_FLOOR = 5e-5
LONGEST_GRAM = 3
RIVALS_OF_HAITIAN = 6
# Creole writes me, you, it and us as one letter at the end of the word before: kenbe mwen is kenbem.
HAITIAN_ENDINGS = "mwlny"
HAITIAN_STEM = 4
UNPROFILED = frozenset(("ht", *BY_HAND_ONLY))

type Scores = dict[str, float]


def scores(word: str) -> tuple[Scores, bool]:
    """Log10 of how often each language uses this word (small letters, accents kept), and whether any list has it."""
    known = _known(fold(word))
    if known is not None:
        return known, True
    return _by_letters(word), False


@cache
def names() -> frozenset[str]:
    """Frequent first and last names, folded."""
    return _lines("names.txt")


@cache
def places() -> frozenset[str]:
    """Cities, folded: a message that is nothing but one says nothing about language."""
    return _lines("places.txt")


@cache
def neutral() -> frozenset[str]:
    """Words such as ``ok``, ``jaja`` and ``snap`` that both languages share."""
    return frozenset(word for line in _lines("neutral.txt") for word in line.split())


def load() -> None:
    """Read every list now; :func:`scores` would do it at its first call."""
    words(), profiles(), names(), places(), neutral()


@cache
def words() -> dict[str, Scores]:
    """Each known word with its log10 frequency in the languages that have it."""
    found: dict[str, Scores] = {}
    for language in WITH_TABLE:
        for line in content(f"{language}.txt"):
            weight, *listed = line.split()
            for word in listed:
                found.setdefault(word, {}).setdefault(language, -float(weight))
    for line in content("ours.txt"):
        language, _, listed_here = line.partition(":")
        for word in fold(listed_here).split():
            mine = found.setdefault(word, {})
            mine[language] = max(mine.get(language, FLOOR), OURS)
    return found


@cache
def profiles() -> dict[str, Scores]:
    """Each group of one to three letters with its share in the languages that langdetect has profiles of."""
    found: dict[str, Scores] = {}
    for language in LANGUAGES:
        if language in UNPROFILED:
            continue
        profile = json.loads((Path(PROFILES_DIRECTORY) / language).read_text(encoding="utf-8"))
        totals = profile["n_words"]
        for gram, times in profile["freq"].items():
            found.setdefault(gram, {})[language] = times / totals[len(gram) - 1]
    return found


@cache
def content(name: str) -> tuple[str, ...]:
    """The lines of one list, without comments and empty lines."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


@cache
def _lines(name: str) -> frozenset[str]:
    return frozenset(content(name))


def _known(folded: str) -> Scores | None:
    listed = words()
    forms = (folded, folded.replace("'", ""), *squeezed(folded))
    found = next((listed[form] for form in forms if form in listed), None) or _haitian(folded)
    return None if found is None else {language: found.get(language, FLOOR) for language in LANGUAGES}


def _haitian(folded: str) -> Scores | None:
    """A Creole word with a pronoun at its end, where the word itself is neither English nor Spanish."""
    stem = folded[:-1]
    if len(stem) < HAITIAN_STEM or folded[-1] not in HAITIAN_ENDINGS:
        return None
    found = words().get(stem, {})
    return {"ht": found["ht"]} if "ht" in found and not found.keys() & set(SERVED) else None


def _by_letters(word: str) -> Scores:
    grams = _grams(word.lower())
    summed: Scores = {}
    for language in LANGUAGES:
        if language not in UNPROFILED:
            summed[language] = sum(
                math.log10(GRAM_FLOOR + profiles().get(gram, {}).get(language, 0.0)) for gram in grams
            )
    rivals = sorted(summed.values(), reverse=True)[:RIVALS_OF_HAITIAN]
    summed["ht"] = sum(rivals) / len(rivals)
    best = max(summed.values())
    return {
        language: UNKNOWN + max(LOWEST_OF_UNKNOWN, GRAM_SHARE * (summed.get(language, -math.inf) - best))
        for language in LANGUAGES
    }


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    return [
        padded[start : start + length]
        for length in range(1, LONGEST_GRAM + 1)
        for start in range(len(padded) - length + 1)
        if padded[start : start + length] != " "
    ]
