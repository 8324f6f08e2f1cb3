"""Brings rows written for the bot into ``bot/data/rows``, one file an intent: `python -m tools.nlu_rows FILE…`.

A line is ``intents <tab> en|es <tab> text <tab> entities``. Of intents joined by ``+`` the first is what is trained: a
text can teach one thing only, and the others are read by their words. Of the entities (``name=value`` joined by
`` ; ``) the place is marked in the text, as Rasa's training data marks it. Left out, and counted: what stands in the
data already or nearly does, and what nearly is a row that is held back for measuring.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "bot" / "data"
HELD_BACK = ROOT / "tests" / "bot" / "held_back.tsv"
LANGUAGES = ("en", "es")
NEAR = 0.8
"""Two texts are nearly equal when they share this part of all their runs of three words."""
RUN = 3
INTENT = re.compile(r"[a-z_]+")
MARKED = re.compile(r"\[([^\]]+)\]\(place\)")
UNSAFE = re.compile(r"[\[\]{}()\\]")
"""What Rasa's data format would read as a mark of its own."""
BETWEEN = re.compile(r"\s+;\s*|;\s+")
NOT_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Row:
    """One message as a resident might write it."""

    intents: tuple[str, ...]
    language: str
    text: str
    entities: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str | None:
        """The first place that it names, in its own words."""
        return next((value for name, value in self.entities if name == "place"), None)


def read_row(line: str) -> Row:
    """One line. Raises ``ValueError`` that says what is wrong with it."""
    intents, language, text, *rest = line.rstrip("\n").split("\t")
    pairs = [pair.strip().partition("=") for pair in BETWEEN.split(rest[0] if rest else "") if pair.strip()]
    row = Row(tuple(intents.split("+")), language, text.strip(), tuple((name, value) for name, _, value in pairs))
    if not all(INTENT.fullmatch(name) for name in row.intents):
        raise ValueError(f"no intent: {intents!r}")
    if language not in LANGUAGES or not row.text:
        raise ValueError("neither en nor es, or no text")
    strange = [value for _, value in row.entities if not value or value not in row.text]
    if strange:
        raise ValueError(f"not in the text: {strange[0]!r}")
    return row


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file; lines that begin with ``#`` are remarks. Raises ``ValueError`` with the line's number."""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            try:
                yield read_row(line)
            except ValueError as fault:
                raise ValueError(f"{path.name}:{number}: {fault}") from fault


def folded(text: str) -> str:
    """Small letters without accents and punctuation, so that two ways of typing the same words are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return NOT_WORD.sub(" ", kept).strip() or text.strip()


class Seen:
    """The texts that are there already."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._runs: list[frozenset[tuple[str, ...]]] = []
        self._with_run: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def add(self, text: str) -> None:
        """Remember a text."""
        words = folded(text)
        self._texts.add(words)
        runs = _runs(words)
        for run in runs:
            self._with_run[run].append(len(self._runs))
        self._runs.append(runs)

    def has(self, text: str) -> bool:
        """Whether the text, or one that is nearly equal, is there."""
        words = folded(text)
        runs = _runs(words)
        shared = Counter(index for run in runs for index in self._with_run.get(run, ()))
        return words in self._texts or any(
            count / (len(runs) + len(self._runs[index]) - count) >= NEAR for index, count in shared.items()
        )


def _runs(words: str) -> frozenset[tuple[str, ...]]:
    listed = words.split()
    return frozenset(tuple(listed[i : i + RUN]) for i in range(len(listed) - RUN + 1))


Taught = dict[str, dict[str, list[str]]]
"""Examples, places marked, by intent and language."""


def taught(paths: Iterable[Path]) -> Taught:
    """What data files teach."""
    found: Taught = defaultdict(lambda: {language: [] for language in LANGUAGES})
    for path in sorted(paths):
        for block in read_yaml(path).get("nlu", []):
            if "intent" in block:
                examples = [line[2:].strip() for line in block["examples"].splitlines()]
                found[block["intent"]][block["metadata"]["language"]] += examples
    return found


def marked(row: Row) -> str:
    """The text with its place marked."""
    return row.text if row.place is None else row.text.replace(row.place, f"[{row.place}](place)", 1)


def bring_in(rows: Iterable[Row], into: Taught, known: Iterable[str], kept_apart: Iterable[str]) -> Counter[str]:
    """Add the rows that are new, and say how many were taken and left, by reason."""
    counts: Counter[str] = Counter()
    seen, apart = Seen(), Seen()
    for text in known:
        seen.add(text)
    for text in kept_apart:
        apart.add(text)
    for row in rows:
        reason = _reason_against(row, seen, apart)
        counts[reason or "taken"] += 1
        if reason is None:
            seen.add(row.text)
            into[row.intents[0]][row.language].append(marked(row))
    return counts


def _reason_against(row: Row, seen: Seen, apart: Seen) -> str | None:
    if UNSAFE.search(row.text):
        return "left: holds a mark of the data format"
    if apart.has(row.text):
        return "left: nearly a row that is held back"
    return "left: nearly a row that is there" if seen.has(row.text) else None


def write(into: Taught, folder: Path) -> None:
    """One file an intent, both languages together, always the same for the same rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for intent, examples in sorted(into.items()):
        lines = [f"# {intent}: rows brought in by tools/nlu_rows.py, places marked.", 'version: "3.1"', "", "nlu:"]
        for language in LANGUAGES:
            if examples[language]:
                lines += [
                    f"- intent: {intent}",
                    f"  metadata: {{language: {language}, places: marked}}",
                    "  examples: |",
                ]
                lines += [f"    - {text}" for text in examples[language]]
        (folder / f"{intent}.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None, data: Path = DATA, held_back: Path = HELD_BACK) -> int:
    """Bring the files in; 2 when one of them cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tools.nlu_rows", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    try:
        rows = [row for path in parser.parse_args(arguments).files for row in read_rows(path)]
        apart = [row.text for row in read_rows(held_back)]
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"nlu_rows: {fault}\n")
        return 2
    folder = data / "rows"
    there = taught(data.glob("*/*.yml"))
    into = taught(folder.glob("*.yml"))
    known = [MARKED.sub(r"\1", text) for texts in there.values() for listed in texts.values() for text in listed]
    for reason, count in sorted(bring_in(rows, into, known, apart).items()):
        sys.stderr.write(f"nlu_rows: {count:6d} {reason}\n")
    write(into, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
