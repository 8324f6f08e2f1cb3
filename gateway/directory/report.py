"""What an import took, mended and refused, and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.errors import FrontDoorError

KEPT = 1_000  # examples of each sort that a report keeps; the counts go on
SHOWN = 20  # examples of each sort that a report prints


class ImportFailed(FrontDoorError):
    """The import was given up and the directory is as it was; ``faults`` says why, all at once."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The directory was not changed:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


class ImportBusy(ImportFailed):
    """Another import is at work, and the caller would not wait for its end."""


class Remark(NamedTuple):
    """Something said about one row: the file, the line (or place in a JSON list), and the reason."""

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row} {self.reason}"


@dataclass
class Change:
    """How many rows of one object are new, changed, gone and as before."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0

    @property
    def none(self) -> bool:
        """True when the database already held exactly this."""
        return not (self.added or self.changed or self.removed)


@dataclass
class Report:
    """The outcome of one import.

    ``taken`` counts rows per HSDS object. ``mended`` and ``refused`` hold the first 1,000 remarks each;
    ``mended_count`` and ``refused_count`` count all of them by object. ``unknown`` counts cells in columns that HSDS
    does not have, by ``object.column``.
    """

    dataset: str
    taken: dict[str, int] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    mended: list[Remark] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    mended_count: Counter[str] = field(default_factory=Counter)
    refused_count: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def unchanged(self) -> bool:
        """True when the same rows had been imported before."""
        return all(change.none for change in self.changes.values())

    def mend(self, kind: str, remark: Remark) -> None:
        """Remember that a row was put right."""
        self.mended_count[kind] += 1
        if len(self.mended) < KEPT:
            self.mended.append(remark)

    def refuse(self, kind: str, remark: Remark) -> None:
        """Remember that a row was not taken."""
        self.refused_count[kind] += 1
        if len(self.refused) < KEPT:
            self.refused.append(remark)

    def lines(self) -> Iterator[str]:
        """The report as an operator reads it."""
        yield f"Dataset {self.dataset}" + (": nothing changed." if self.unchanged else ":")
        for kind, count in self.taken.items():
            yield f"  {kind:<20} {count:>7} taken{_difference(self.changes.get(kind, Change()))}"
        yield from _remarks("Mended", self.mended, self.mended_count.total())
        yield from _remarks("Refused", self.refused, self.refused_count.total())
        for column, count in sorted(self.unknown.items()):
            yield f"  Left out: {column}, not kept here ({count} cells)"
        for note in self.notes:
            yield f"  Note: {note}"


def _difference(change: Change) -> str:
    parts = [f"{count} {word}" for word, count in vars(change).items() if count and word != "same"]
    return f" ({', '.join(parts)})" if parts else ""


def _remarks(word: str, remarks: list[Remark], count: int) -> Iterator[str]:
    if count:
        yield f"  {word}: {count}"
    for remark in remarks[:SHOWN]:
        yield f"    {remark}"
    if count > SHOWN:
        yield f"    … and {count - SHOWN} more"
