"""What an import took, mended and refused, and why."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.directory.cleaning import storable
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


Sink = Callable[[str, Remark], None]


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

    ``taken`` counts rows per HSDS object. ``mended``, ``kept`` (as text, because no column holds it) and ``refused``
    hold the first 1,000 remarks each; ``mended_count``, ``kept_count`` and ``refused_count`` count all of them by
    object. ``unknown`` counts cells in columns that HSDS does not have, which are kept beside the row, and ``left_out``
    those that are stored nowhere, by ``object.column``. ``bytes_read`` of
    ``bytes_total`` say how far the files are read. ``sink`` gets every remark with its sort, however many.
    """

    dataset: str
    taken: dict[str, int] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    mended: list[Remark] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    mended_count: Counter[str] = field(default_factory=Counter)
    refused_count: Counter[str] = field(default_factory=Counter)
    kept: list[Remark] = field(default_factory=list)
    kept_count: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    bytes_read: int = 0
    bytes_total: int = 0
    sink: Sink | None = None

    @property
    def unchanged(self) -> bool:
        """True when the same rows had been imported before."""
        return all(change.none for change in self.changes.values())

    def mend(self, kind: str, remark: Remark) -> None:
        """Remember that a row was put right."""
        self._say("mended", self.mended, self.mended_count, kind, remark)

    def keep(self, kind: str, remark: Remark) -> None:
        """Remember that a cell was kept as text."""
        self._say("kept as text", self.kept, self.kept_count, kind, remark)

    def refuse(self, kind: str, remark: Remark) -> None:
        """Remember that a row was not taken."""
        self._say("refused", self.refused, self.refused_count, kind, remark)

    def _say(self, sort: str, remarks: list[Remark], count: Counter[str], kind: str, remark: Remark) -> None:
        count[kind] += 1
        remark = remark._replace(reason=storable(remark.reason))
        if len(remarks) < KEPT:
            remarks.append(remark)
        if self.sink:
            self.sink(sort, remark)

    def plain(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        counts = {"mended": self.mended_count, "kept": self.kept_count, "refused": self.refused_count}
        return {
            "dataset": self.dataset,
            "taken": self.taken,
            "changes": {kind: vars(change) for kind, change in self.changes.items()},
            "counts": {sort: dict(count) for sort, count in counts.items()},
            "unknown": dict(self.unknown),
            "left_out": dict(self.left_out),
            "notes": self.notes,
        } | {sort: [list(r) for r in getattr(self, sort)] for sort in counts}

    def lines(self) -> Iterator[str]:
        """The report as an operator reads it."""
        yield f"Dataset {self.dataset}" + (": nothing changed." if self.unchanged else ":")
        for kind, count in self.taken.items():
            yield f"  {kind:<20} {count:>7} taken{_difference(self.changes.get(kind, Change()))}"
        yield from _remarks("Mended", self.mended, self.mended_count.total())
        yield from _remarks("Kept as text", self.kept, self.kept_count.total())
        yield from _remarks("Refused", self.refused, self.refused_count.total())
        for column, count in sorted(self.unknown.items()):
            yield f"  Kept beside the row: {column}, shown to nobody ({count} cells)"
        for column, count in sorted(self.left_out.items()):
            yield f"  Left out: {column} ({count} cells)"
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
