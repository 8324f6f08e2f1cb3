"""Trains what guesses the topic of a text, from ``gateway/directory/learned/rows``: `make matters` (four minutes).

Every file holds ``topics <tab> q or s <tab> language <tab> text``: what residents tell (q) and how publishers describe
services (s), topics joined by ``|``. ``-`` stands for what asks for nothing, ``=food`` for what asks for food and for
nothing in particular. ``--check`` only says whether the weights are older than the rows.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gateway.directory import needs, topics
from gateway.directory.learned import AT_LARGE, NOTHING, ROWS, WEIGHTS
from gateway.risk.linear import features, plain
from tools.linear import Meaning, all_words, chosen_reader, fit, say, train_or_check, way_of_reading, write

KEPT = 25_000  # letter and word runs
LINE = re.compile(r"(?P<topics>-|=?[a-z_0-9|]+)\t[qs]\t(?:en|es)\t(?P<text>.*\S.*)")


class Row(NamedTuple):
    """One text and what it is about; of a text about two matters each counts one half."""

    topic: str
    text: str
    weight: float = 1.0


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of one file, once for each topic. Raises ``ValueError`` with the line that is wrong."""
    known = {code.removeprefix(topics.MARK) for code in topics.standard().by_code}
    known |= {NOTHING, *(AT_LARGE + need for need in needs.standard().needs)}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        read = LINE.fullmatch(line)
        codes = read["topics"].split("|") if read else []
        if not read or not set(codes) <= known:
            raise ValueError(f"{path.name}:{number}: not 'topics <tab> q or s <tab> en or es <tab> text'")
        yield from (Row(code, read["text"], 1 / len(codes)) for code in codes)


def all_rows() -> list[Row]:
    """Every row that is learned from, in a fixed order, each once."""
    rows = [row for path in sorted(ROWS.glob("*.tsv")) for row in read_rows(path)]
    return list(dict.fromkeys(rows))


def fingerprint() -> str:
    """What the weights are made of."""
    made_of = hashlib.sha256(way_of_reading() + repr(KEPT).encode())
    for row in all_rows():
        made_of.update(repr(row).encode())
    return made_of.hexdigest()[:16]


def train() -> None:
    """Train and write."""
    from scipy.sparse import hstack

    rows = all_rows()
    read = [plain(row.text) for row in rows]
    names = sorted({row.topic for row in rows})
    say(f"{len(rows)} rows of {len(names)} topics; word vectors")
    meaning = Meaning(all_words(read))
    texts = [features(each) for each in read]
    classes = np.array([names.index(row.topic) for row in rows])
    say("choosing runs")
    reader = chosen_reader(texts, classes, KEPT)
    say("training")
    matrix = hstack([reader.matrix(texts), meaning.matrix(read)]).tocsr()
    model = fit(matrix, classes, weights=np.array([row.weight for row in rows]))
    write(WEIGHTS, reader, meaning, model, {"version": fingerprint(), "classes": names})
    say(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


def main() -> int:
    """Train, or check."""
    return train_or_check(__doc__ or "", "make matters", WEIGHTS, fingerprint, train)


if __name__ == "__main__":
    sys.exit(main())
