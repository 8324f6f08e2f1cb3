"""Makes dictionary.txt anew from wordfreq, which is not needed to run.

Run it from the repository's root in an environment that has that package: ``python -m gateway.risk.gather``.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections import defaultdict
from importlib import import_module
from typing import Any

from gateway.risk.dictionary import FILE
from gateway.risk.sounds import sound_key

SHORTEST = 4  # letters; shorter words are not repaired
# Of all words. Spanish bends its verbs so much that many a plain form is rare; rare English is mostly misspelled.
LEAST_USED = {"en": 10 ** (2.5 - 9), "es": 10 ** (2.0 - 9)}
HOMOPHONE = 100  # times; a Spanish word that sounds like one so much more frequent is a slip of it, not a word
WIDTH = 119
NOTICE = """\
# Words in common use in English or Spanish, folded (no accents), in the order of their letters.
# Derived from wordfreq 3.1.1 by Robyn Speer. The data is licensed CC BY-SA 4.0
# (https://creativecommons.org/licenses/by-sa/4.0/). Changed: cut to the most frequent, folded, merged, words under four
# letters, words with other characters than letters and Spanish words spelled by ear left out; frequencies left out.
# This file, unlike the code, is therefore CC BY-SA 4.0. Made by gateway/risk/gather.py.
"""


def main() -> None:
    """Write the file."""
    wordfreq: Any = import_module("wordfreq")
    english, spanish = (_shares(wordfreq.get_frequency_dict(language), least) for language, least in LEAST_USED.items())
    words = sorted(set(english) | _spelled_well(spanish))
    FILE.write_text(NOTICE + textwrap.fill(" ".join(words), WIDTH) + "\n", encoding="ascii")


def _shares(listed: dict[str, float], least: float) -> dict[str, float]:
    shares: dict[str, float] = defaultdict(float)
    for word, share in listed.items():
        folded = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
        folded = folded.replace("'", "")
        if len(folded) >= SHORTEST and folded.isascii() and folded.isalpha():
            shares[folded] += share
    return {word: share for word, share in shares.items() if share >= least}


def _spelled_well(spanish: dict[str, float]) -> set[str]:
    loudest: dict[str, float] = {}
    for word, share in spanish.items():
        key = sound_key(word)
        loudest[key] = max(share, loudest.get(key, 0.0))
    return {word for word, share in spanish.items() if share * HOMOPHONE > loudest[sound_key(word)]}


if __name__ == "__main__":
    main()
