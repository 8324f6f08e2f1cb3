"""The gate between a change and the product: everything that is said or understood exists in English and in Spanish.

``python -m tools.bilingual`` prints what is missing and ends with 1; a test of the fast tier does the same.
"""

import string
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from gateway.yaml_files import read_yaml
from tools.all_texts import LANGUAGES, ROOT, Pair, all_texts

# Written alike in both languages on purpose.
ALIKE = frozenset(("directory.miles",))
LEAST_EXAMPLES = 10


def faults(root: Path = ROOT) -> list[str]:
    """Everything that only one of the two languages has, one line for each; none where all is well."""
    return [*_texts(root), *_intents(root), *_needs(root)]


def _texts(root: Path) -> Iterator[str]:
    for pair in all_texts(root):
        yield from (f"{pair.key}: {fault}" for fault in _pair(pair))


def _pair(pair: Pair) -> Iterator[str]:
    words = pair.wording
    if set(words) != set(LANGUAGES):
        yield f"must be in exactly English and Spanish, not {sorted(words)}"
        return
    empty = [code for code in LANGUAGES if not str(words[code]).strip()]
    if empty:
        yield f"says nothing in {empty}"
    if words["en"] == words["es"] and pair.key not in ALIKE:
        yield "is the same in English and in Spanish"
    if fields(words["en"]) != fields(words["es"]):
        yield f"asks for {sorted(fields(words['en']))} in English and {sorted(fields(words['es']))} in Spanish"


def fields(text: str) -> frozenset[str]:
    """The placeholders of a text. Raises ``ValueError`` for a brace that nothing closes."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _intents(root: Path) -> Iterator[str]:
    """Every intent that anything is learned for has examples in both languages, and every need its name."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(LANGUAGES, 0))
    for path in sorted((root / "bot" / "data").glob("*/*.yml")):
        for block in read_yaml(path).get("nlu") or ():
            if "intent" in block:
                rows = [row for row in (block.get("examples") or "").splitlines() if row.strip()]
                counts[block["intent"]][block["metadata"]["language"]] += len(rows)
    listed = [name for name in read_yaml(root / "domain.yml")["intents"] if name != "nlu_fallback"]
    for intent in sorted({*counts, *listed}):
        few = {code: counts[intent][code] for code in LANGUAGES if counts[intent][code] < LEAST_EXAMPLES}
        if few:
            yield f"bot.{intent}: too few examples: {few}"


def _needs(root: Path) -> Iterator[str]:
    """The directory's words for each need."""
    raw = read_yaml(root / "gateway" / "directory" / "needs.yml")
    for need, facts in raw.items():
        words = facts.get("words") or {}
        if sorted(code for code, listed in words.items() if listed) != sorted(LANGUAGES):
            yield f"needs.{need}: must have words in English and Spanish"


def main() -> None:
    """Print every fault, and end with 1 where there is one."""
    found = faults()
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or "Everything is in English and in Spanish.\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
