"""Finds which of the directory's words name no need by themselves: `python -m tools.unsure_words`.

In a directory "hospital" finds health care, and in a text it tells where somebody is. Which words are so is counted in
the bot's own examples, whose needs are known: a word is unsure for a need when it stood at least ``LEAST`` times in
texts that ask for other needs, and there more than ``RATIO`` times as often as in texts that ask for this one. What is
found is written to ``gateway/directory/unsure_words.yml``, which :func:`gateway.directory.asking.named_needs` heeds.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from gateway.directory.asking import hits_in
from gateway.directory.needs import NOT_BY_WORDS, standard
from gateway.directory.unsure import FILE, needs_of
from tools.nlu_rows import DATA, MARKED, taught

LEAST, RATIO = 3, 2
NEED = "need_"
ASK_FOR_NONE = frozenset(("change_language", "out_of_scope", "complaint"))
HEAD = """# Words of needs.yml and topics.yml that by themselves name no need in a text: they tell where somebody is, or
# who they are, or what happened. Found in the bot's examples by tools/unsure_words.py, which writes this file.
"""


def texts() -> Iterator[tuple[str, str, str]]:
    """The examples of the bot that ask for a need which these words may name, or for none: text, language, need."""
    for intent, examples in taught(DATA.glob("*/*.yml")).items():
        need = intent.removeprefix(NEED)
        if intent in ASK_FOR_NONE or (intent.startswith(NEED) and need not in NOT_BY_WORDS):
            for language, listed in examples.items():
                yield from ((MARKED.sub(r"\1", text), language, need) for text in listed)


def found() -> dict[str, list[str]]:
    """The unsure words of each need and topic."""
    right: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for text, language, need in texts():
        for hit, words in hits_in(text, language, standard()):
            for meaning in hit.meanings:
                about = needs_of(standard(), meaning)
                counts = right if need in about else wrong
                counts[meaning, words] += bool(about)
    unsure: dict[str, list[str]] = defaultdict(list)
    for meaning, words in sorted(key for key, count in wrong.items() if count >= LEAST and count > RATIO * right[key]):
        unsure[meaning].append(words)
    return unsure


def written(unsure: dict[str, list[str]]) -> str:
    """The file."""
    lines = (f'"{meaning}": [{", ".join(words)}]\n' for meaning, words in unsure.items())
    return HEAD + "".join(lines)


def main(path: Path = FILE) -> None:
    """Write the file anew."""
    path.write_text(written(found()), encoding="utf-8")
    sys.stdout.write(f"{path.name}: written\n")


if __name__ == "__main__":
    main()
