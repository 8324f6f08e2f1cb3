"""Makes the word tables in ``words/`` anew from wordfreq, names and zipcodes, which are not needed to run.

Run it from the repository's root in an environment that has the three packages: ``python -m gateway.language.gather``.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway.language.letters import fold

FOLDER = Path(__file__).parent / "words"
SERVED, OTHERS = 10_000, 3_000
TABLES = {"en": SERVED, "es": SERVED} | dict.fromkeys(
    ("pt", "fr", "it", "de", "vi", "tl", "id", "tr", "pl", "nl"), OTHERS
)
CALLED_IN_WORDFREQ = {"tl": "fil"}
COMMON = 1_500
NAMES_OF_EACH_KIND = {"dist.male.first": 450, "dist.female.first": 450, "dist.all.last": 700}
PLACE_HAS_ZIPS = 5
# Names so frequent in Spanish text that they stand among its common words.
NAMES_ALL_THE_SAME = frozenset(
    "carlos juan jose maria luis antonio manuel francisco miguel jorge pedro fernando javier rafael alejandro "
    "eduardo daniel david jesus roberto sergio ricardo diego pablo andres martin alberto alfonso ramon ana "
    "carmen laura isabel elena marta rosa patricia lucia sofia gomez perez garcia lopez rodriguez gonzalez "
    "hernandez martinez sanchez ramirez fernandez diaz ramos mendoza morales john james michael robert william "
    "paul peter thomas george mary smith jones johnson tom".split()
)
NOTICE = """\
# How often words are used in {what}: minus log10 of the relative frequency, then the words, folded (no accents).
# Derived from wordfreq 3.1.1 by Robyn Speer. The data is licensed CC BY-SA 4.0
# (https://creativecommons.org/licenses/by-sa/4.0/). Changed: cut to the most frequent, folded, merged, rounded to a
# tenth, one-letter tokens other than words and all tokens with a character that is not a letter left out.
# This file, unlike the code, is therefore CC BY-SA 4.0. Made by gateway/language/gather.py.
"""
NAMES_NOTICE = "# Frequent first and last names of the US Census, without words in common use. Made by gather.py.\n"
PLACES_NOTICE = "# US cities with five ZIP codes or more, without words in common use. Made by gather.py.\n"


def main() -> None:
    """Write every table."""
    wordfreq: Any = import_module("wordfreq")
    for language, most in TABLES.items():
        _write_table(wordfreq, language, most)
    common = {fold(word) for language in ("en", "es") for word in wordfreq.top_n_list(language, COMMON)}
    _write_list("names.txt", NAMES_NOTICE, _names(common))
    wide = {fold(word) for language in ("en", "es") for word in wordfreq.top_n_list(language, 2 * COMMON)}
    _write_list("places.txt", PLACES_NOTICE, _places(wide))


def _write_table(wordfreq: Any, language: str, most: int) -> None:
    frequency: Counter[str] = Counter()
    listed = wordfreq.get_frequency_dict(CALLED_IN_WORDFREQ.get(language, language), wordlist="best")
    for word, share in listed.items():
        if word.replace("'", "").isalpha():
            frequency[fold(word)] += share
    by_weight: dict[float, list[str]] = defaultdict(list)
    for word, share in frequency.most_common(most):
        by_weight[round(-math.log10(share), 1)].append(word)
    lines = [f"{weight} {' '.join(sorted(words))}\n" for weight, words in sorted(by_weight.items())]
    (FOLDER / f"{language}.txt").write_text(NOTICE.format(what=language) + "".join(lines), encoding="utf-8")


def _names(common: set[str]) -> Iterable[str]:
    yield from NAMES_ALL_THE_SAME
    folder = Path(str(import_module("names").__file__)).parent
    for name, most in NAMES_OF_EACH_KIND.items():
        lines = (folder / name).read_text().splitlines()[:most]
        yield from (word for word in (fold(line.split()[0]) for line in lines) if word not in common)


def _places(common: set[str]) -> Iterable[str]:
    zipcodes: Any = import_module("zipcodes")
    listed = (row for row in zipcodes.list_all() if row["zip_code_type"] == "STANDARD")
    counted = Counter((fold(row["city"]), row["state"]) for row in listed)
    return (city for (city, _), zips in counted.items() if zips >= PLACE_HAS_ZIPS and city not in common)


def _write_list(name: str, notice: str, found: Iterable[str]) -> None:
    (FOLDER / name).write_text(notice + "\n".join(sorted(set(found))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
