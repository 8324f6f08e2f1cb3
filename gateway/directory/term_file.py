"""The file in which a town says of single terms of its publishers' taxonomies which needs they mean.

A CSV file for a spreadsheet, one term a row. Only its column ``needs`` is read, beside the taxonomy, the code and the
name that say which term it is: needs with semicolons between them, ``none`` for a term that means none, and nothing
where our own rules decide.
"""

import csv
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from gateway.cells import harmless
from gateway.directory.folding import fold
from gateway.directory.report import ImportFailed

COLUMNS = ("taxonomy", "code", "term", "services", "now", "needs")
NONE = "none"
LARGEST = 20 << 20  # bytes; a taxonomy has some ten thousand terms

Key = tuple[str, str]


class Line(NamedTuple):
    """One term: how many services have it, what it means now, and what the town says of it (None: nothing)."""

    taxonomy: str
    code: str
    term: str
    services: int
    now: frozenset[str]
    needs: frozenset[str] | None

    @property
    def key(self) -> Key:
        """What it is known by."""
        return key_of(self.taxonomy, self.code, self.term)


def key_of(taxonomy: str | None, code: str | None, name: str | None) -> Key:
    """A term by its code where it has one, else by its name; spelling and accents do not matter."""
    return fold(taxonomy or "").strip(), fold(code or name or "").strip()


def read(path: Path, known: Collection[str]) -> dict[Key, frozenset[str]]:
    """What a town says of its terms. Raises :class:`ImportFailed` with every row that is wrong."""
    faults: list[str] = []
    found: dict[Key, frozenset[str]] = {}
    try:
        if path.stat().st_size > LARGEST:
            raise ImportFailed([f"{path.name} is too large"])
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            missing = [name for name in ("taxonomy", "code", "term", "needs") if name not in (rows.fieldnames or ())]
            if missing:
                raise ImportFailed([f"{path.name} has no column {name!r}" for name in missing])
            for row in rows:
                said, fault = _needs(_plain(row["needs"]), known)
                if fault:
                    faults.append(f"{path.name}, line {rows.line_num}: {fault}")
                elif said is not None:
                    found[key_of(_plain(row["taxonomy"]), _plain(row["code"]), _plain(row["term"]))] = said
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportFailed([f"{path.name} cannot be read: {error}"]) from error
    if faults:
        raise ImportFailed(faults[:20])
    return found


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write the file anew, in one step: whoever reads it meanwhile has the old one."""
    made = path.with_name(f".{path.name}.part")
    with made.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for line in lines:
            said = "" if line.needs is None else "; ".join(sorted(line.needs)) or NONE
            named = (harmless(line.taxonomy), harmless(line.code), harmless(line.term))
            writer.writerow([*named, line.services, "; ".join(sorted(line.now)), said])
    made.replace(path)


def _needs(cell: str, known: Collection[str]) -> tuple[frozenset[str] | None, str | None]:
    """The needs of a cell, or why it has none that we know."""
    words = [word.strip().lower().replace(" ", "_") for word in cell.replace(",", ";").split(";") if word.strip()]
    if not words:
        return None, None
    if words == [NONE]:
        return frozenset(), None
    strange = [word for word in words if word not in known]
    if strange:
        return None, f"{', '.join(strange)}: no such need; there are {', '.join(known)}, or {NONE}"
    return frozenset(words), None


def _plain(cell: str | None) -> str:
    """A cell as it was before it was made harmless."""
    text = (cell or "").strip()
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text
