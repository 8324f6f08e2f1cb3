"""Reads directories of another shape (older HSDS, the export of one publisher) by a file that says what is where.

The files are in ``mappings/``. What a file does not name is kept beside its row: nothing is lost by not being foreseen.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.directory import objects
from gateway.directory.report import ImportFailed
from gateway.directory.tables import Table, plain
from gateway.yaml_files import read_yaml

FOLDER = Path(__file__).parent / "mappings"
COLUMN = re.compile(r"\{([^{}]+)\}")
LEAST_KNOWN = 0.5  # of all columns; a mapping that knows fewer is one for other files
OF_ANOTHER = re.compile(r"([^.]{2,})\.(\w.*)", re.DOTALL)
SPECIAL = frozenset(("holidays", "term"))  # targets that are no column of HSDS
PART_KEYS = frozenset(("from", "to", "as", "by", "fill", "unless", "taxonomy", "write", "same", "also"))


@dataclass(frozen=True)
class Part:
    """A cell that is an object of its own, or several with a sign (``by``, a pattern) between them.

    ``target`` is its column there, ``write`` what is written with the cell in place of ``{}``. The target "term" makes
    it a term of ``taxonomy``, "holidays" the days of holidays that it names. ``unless`` are cells that make it void; it
    is void too where the cell ``same`` says the same, as where a service has the hours of its place.
    """

    source: str
    kind: str
    target: str
    by: str | None = None
    fill: dict[str, str] = field(default_factory=dict)
    unless: dict[str, str] = field(default_factory=dict)
    taxonomy: str | None = None
    write: str = "{}"
    same: str | None = None
    also: dict[str, str] = field(default_factory=dict)

    def belongs(self, target: str) -> str:
        """The object that a column of ``also`` is one of: this one, or the place of an address."""
        of_place = self.kind == "address" and target not in objects.BY_NAME["address"].types
        return "location" if of_place else self.kind


@dataclass(frozen=True)
class Join:
    """Cells of another file's row, found where its ``key`` has the value of our ``column``."""

    sheet: str
    column: str
    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """What one file holds. All column names are as :func:`gateway.directory.tables.plain` writes them.

    ``columns`` name the column of HSDS for each of the publisher's, ``values`` what the publisher's words mean there.
    ``compose`` are sentences with columns in braces, written where all of their columns are filled. ``point`` is a
    cell with a latitude and a longitude, ``confidential`` a column and the words that mean the address is not shown.
    ``personal`` columns are stored nowhere, ``ignore`` says why a column is not; a row in which a column of
    ``person_rows`` is filled is about a person. ``yearly`` are the columns of dates that may come every year.
    """

    kind: str
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
    compose: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    joins: tuple[Join, ...] = ()
    point: str | None = None
    confidential: dict[str, tuple[str, ...]] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()
    person_rows: frozenset[str] = frozenset()
    ignore: dict[str, str] = field(default_factory=dict)
    yearly: tuple[str, ...] = ()

    def known(self) -> set[str]:
        """The columns of this file that it speaks of."""
        composed = {column(name) for texts in self.compose.values() for text in texts for name in COLUMN.findall(text)}
        own = set(objects.BY_NAME[self.kind].types) if self.kind in objects.BY_NAME else set()
        said = {*self.columns, *self.values, *self.personal, *self.person_rows, *self.ignore, *self.yearly}
        parts = {name for part in self.parts for name in (part.source, *part.also)}
        return said | composed | own | parts | {join.column for join in self.joins}


@dataclass(frozen=True)
class Mapping:
    """How one kind of directory is read: its name and its files, by all the names these go by."""

    name: str
    sheets: dict[str, Sheet]
    needs: dict[str, tuple[str, ...]]
    left_out: dict[str, str]

    def sheet(self, stem: str) -> Sheet | None:
        """What a file of this name holds."""
        return self.sheets.get(stem)

    def fits(self, tables: Sequence[Table]) -> float:
        """The share of all columns that it knows; 0 where a file or column is missing without which it cannot read."""
        columns = {table.stem: {plain(name) for name in table.names} for table in tables}
        for stem, needed in self.needs.items():
            there = next((columns[name] for name in stem.split("|") if name in columns), None)
            if there is None or not set(needed) <= there:
                return 0.0
        known = sum(len(names & self._known(stem, names)) for stem, names in columns.items())
        return known / max(sum(map(len, columns.values())), 1)

    def _known(self, stem: str, names: set[str]) -> set[str]:
        if stem in self.left_out:
            return names
        sheet = self.sheet(stem)
        joined = {column for other in self.sheets.values() for join in other.joins
                  if stem in join.sheet.split("|") for column in (join.key, *join.columns)}  # fmt: skip
        return (sheet.known() if sheet else set()) | joined


def load(path: Path) -> Mapping:
    """Read a mapping file. Raises :class:`ImportFailed` that says what is wrong with it."""
    try:
        given = read_yaml(path)
        sheets = {
            stem: _sheet(cells or {}) for names, cells in given["files"].items() for stem in plain_names(str(names))
        }
        needs = {
            "|".join(plain_names(str(names))): tuple(map(plain, columns))
            for names, columns in (given.get("needs") or {}).items()
        }
        left_out = {
            stem: str(why) for names, why in (given.get("left_out") or {}).items() for stem in plain_names(str(names))
        }
        return Mapping(str(given["name"]), sheets, needs, left_out)
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError, re.error) as error:
        raise ImportFailed([f"{path.name} is no mapping: {type(error).__name__} {error}"]) from error


def plain_names(names: str) -> list[str]:
    """All names of a file: "services|service"."""
    return [plain(name) for name in names.split("|")]


@cache
def shipped() -> tuple[Mapping, ...]:
    """The mappings that come with the product."""
    return tuple(load(path) for path in sorted(FOLDER.glob("*.yml")))


def choose(tables: Sequence[Table], as_they_are: float, known: Iterable[Mapping]) -> Mapping | None:
    """The mapping that knows most of the columns; None where they are best read as HSDS 3.

    ``as_they_are`` is the share of the columns that HSDS 3 knows. Raises :class:`ImportFailed` where two fit alike.
    """
    fits = sorted(((mapping.fits(tables), mapping.name, mapping) for mapping in known), key=lambda fit: fit[:2])
    best = [fit for fit in fits if fit[0] == fits[-1][0]]
    share, _, mapping = best[0]
    if share < LEAST_KNOWN or share <= as_they_are:
        return None
    if len(best) > 1:
        names = ", ".join(name for _, name, _ in best)
        raise ImportFailed([f"these files may be of several kinds ({names}): say which with --mapping"])
    return mapping


def _sheet(cells: dict[str, Any]) -> Sheet:
    kind = str(cells["to"])
    sheet = Sheet(
        kind=kind,
        columns=_words(cells.get("columns")),
        values={plain(name): _folded(words) for name, words in (cells.get("values") or {}).items()},
        fill={str(name): str(value) for name, value in (cells.get("fill") or {}).items()},
        compose={str(name): tuple(map(str, texts)) for name, texts in (cells.get("compose") or {}).items()},
        parts=tuple(_part(part) for part in cells.get("parts") or ()),
        joins=tuple(_join(join) for join in cells.get("joins") or ()),
        point=column(cells["point"]) if "point" in cells else None,
        confidential={column(name): tuple(str(w).casefold() for w in words)
                      for name, words in (cells.get("confidential") or {}).items()},
        personal=frozenset(map(plain, cells.get("personal") or ())),
        person_rows=frozenset(map(plain, cells.get("person_rows") or ())),
        ignore={plain(name): str(why) for name, why in (cells.get("ignore") or {}).items()},
        yearly=tuple(map(plain, cells.get("yearly") or ())),
    )  # fmt: skip
    _check(sheet)
    return sheet


def _check(sheet: Sheet) -> None:
    """A mapping that names what HSDS does not have would lose cells without a word."""
    targets = [(sheet.kind, "id")]
    targets += [(sheet.kind, name) for name in (*sheet.columns.values(), *sheet.fill, *sheet.compose)]
    targets += [(part.kind, name) for part in sheet.parts for name in (part.target, *part.fill)]
    targets += [(part.belongs(name), name) for part in sheet.parts for name in part.also.values()]
    for kind, name in targets:
        if kind not in objects.BY_NAME:
            raise ValueError(f"there is no object {kind!r}")
        if name not in objects.BY_NAME[kind].types and name not in SPECIAL:
            raise ValueError(f"{kind} has no column {name!r}")


def _part(cells: dict[str, Any]) -> Part:
    if strange := cells.keys() - PART_KEYS:
        raise ValueError(f"a part has no key {min(map(str, strange))!r}; there are {', '.join(sorted(PART_KEYS))}")
    by = cells.get("by")
    if by is not None:
        re.compile(str(by))
    return Part(
        source=column(cells["from"]),
        kind=str(cells["to"]),
        target=str(cells["as"]),
        by=None if by is None else str(by),
        fill={str(name): str(value) for name, value in (cells.get("fill") or {}).items()},
        unless={column(name): str(value).casefold() for name, value in (cells.get("unless") or {}).items()},
        taxonomy=cells.get("taxonomy"),
        write=str(cells.get("write", "{}")),
        same=column(cells["same"]) if "same" in cells else None,
        also=_words(cells.get("also")),
    )


def _join(cells: dict[str, Any]) -> Join:
    names = "|".join(plain_names(str(cells["file"])))
    return Join(names, plain(cells["column"]), plain(cells["key"]), tuple(map(plain, cells["columns"])))


def column(name: str) -> str:
    """A column, of this file or, with a dot, of a joined one: "locations.Counties". "C.P." and "Tel. 2" are columns."""
    found = OF_ANOTHER.fullmatch(str(name))
    return f"{plain(found[1])}.{plain(found[2])}" if found else plain(str(name))


def _words(cells: dict[str, str] | None) -> dict[str, str]:
    return {column(name): str(target) for name, target in (cells or {}).items()}


def _folded(words: dict[Any, Any]) -> dict[str, str]:
    if any(isinstance(word, bool) for word in words):
        raise ValueError('write "yes" and "no" in quotes: without them YAML reads true and false')
    return {str(word).strip().casefold(): str(meaning) for word, meaning in words.items()}
