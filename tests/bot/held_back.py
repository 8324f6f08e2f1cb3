"""The rows that are held back from training, and which of them were written blind."""

from __future__ import annotations

from pathlib import Path

from tools.nlu_rows import Row, read_row, read_rows

HELD_BACK = Path(__file__).parent / "held_back.tsv"
_BLIND = "# From here on written blind"


def all_rows() -> list[Row]:
    """Every row."""
    return list(read_rows(HELD_BACK))


def blind_rows() -> list[Row]:
    """The rows by writers who saw neither the training rows nor the program."""
    lines = HELD_BACK.read_text(encoding="utf-8").split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith(_BLIND))
    return [read_row(line) for line in lines[begin + 1 :] if line.strip()]
