"""The HSDS objects that are kept: their columns, what they belong to, and the names their files go by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Table

from gateway.models import directory as tables
from gateway.models import listing

OURS = frozenset(("dataset", "as_given", "confidential", "extra"))  # no cell of a publisher goes there as it is
NOT_STAGED = frozenset(("dataset", "source"))
STANDING = frozenset(("organization", "service", "location", "taxonomy", "taxonomy_term"))
# References that no constraint of the tables holds: to an object of the same kind, to one that is not kept, and to any
# object, where another column says which ("=").
LOOSE = {
    "attribute": {"link_id": "=link_entity"},
    "organization": {"parent_organization_id": "organization"},
    "service": {"program_id": "program"},
    "taxonomy_term": {"parent_id": "taxonomy_term"},
    "translation": {"object_id": "=object"},
}


@dataclass(frozen=True)
class Kind:
    """One HSDS object and its table."""

    row: type[tables.HsdsObject]

    @cached_property
    def table(self) -> Table:
        """The SQLAlchemy table."""
        table = self.row.__table__
        assert isinstance(table, Table)  # noqa: S101 - every mapped class here has a table
        return table

    @property
    def name(self) -> str:
        """The object's name in HSDS, which is also the table's."""
        return self.table.name

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that an import fills, in the order of the table."""
        return tuple(column.name for column in self.table.columns if column.name not in NOT_STAGED)

    @cached_property
    def types(self) -> dict[str, type[Any]]:
        """The Python type of each column that a publisher may fill."""
        filled = (column for column in self.table.columns if column.name not in OURS | NOT_STAGED)
        return {column.name: column.type.python_type for column in filled}

    @cached_property
    def lengths(self) -> dict[str, int]:
        """The most characters of each column that has a limit."""
        limits = {column.name: getattr(column.type, "length", None) for column in self.table.columns}
        return {name: limit for name, limit in limits.items() if limit is not None}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Columns without which a row means nothing."""
        return tuple(c.name for c in self.table.columns if not c.nullable and c.name not in NOT_STAGED)

    @cached_property
    def parents(self) -> dict[str, str]:
        """Which column refers to which object."""
        return {
            constraint.column_keys[1]: constraint.referred_table.name
            for constraint in self.table.constraints
            if isinstance(constraint, ForeignKeyConstraint)
        }

    @cached_property
    def references(self) -> dict[str, str]:
        """Every column that holds the id of an object, its own and loose ones included, and which object that is.

        "=link_entity" stands for the one that the row's column ``link_entity`` names.
        """
        return {"id": self.name, **self.parents, **LOOSE.get(self.name, {})}

    def referred(self, row: Mapping[str, Any]) -> dict[str, str]:
        """:attr:`references` of one row: the columns that are filled, each with the name of an object."""
        named = {column: target for column, target in self.references.items() if row.get(column) is not None}
        return {column: str(row[target[1:]]) if target.startswith("=") else target for column, target in named.items()}

    @property
    def has_sources(self) -> bool:
        """True where rows of the town's own stand beside the publisher's, which an import leaves alone."""
        return "source" in self.table.columns

    @property
    def standing(self) -> bool:
        """True for what makes sense by itself; everything else must belong to something."""
        return self.name in STANDING


# Parents come first: rows are written in this order and removed in the opposite one.
KINDS = tuple(
    Kind(row)
    for row in (
        tables.Organization,
        tables.Taxonomy,
        tables.Service,
        tables.Location,
        tables.TaxonomyTerm,
        tables.ServiceAtLocation,
        tables.Address,
        tables.Phone,
        tables.Schedule,
        tables.Language,
        tables.CostOption,
        tables.RequiredDocument,
        tables.Accessibility,
        tables.ServiceArea,
        tables.Attribute,
        listing.HolidaySchedule,
        listing.Translation,
    )
)
BY_NAME = {kind.name: kind for kind in KINDS}

PLURALS = {
    "accessibilities": "accessibility",
    "accessibility_for_disabilities": "accessibility",
    "addresses": "address",
    "physical_addresses": "address",
    "services_at_location": "service_at_location",
    "taxonomies": "taxonomy",
    "taxonomy_detail": "taxonomy",
} | {f"{name}s": name for name in BY_NAME}

NOT_KEPT = {
    "contact": "people's own details are not kept",
    "funding": "not used here",
    "meta_table_description": "not used here",
    "metadata": "not used here",
    "organization_identifier": "not used here",
    "program": "not used here",
    "service_capacity": "not used here",
    "unit": "not used here",
    "url": "not used here",
}


def kind_of(word: str) -> str:
    """The object that a file or a JSON key is about: ``Services`` -> ``service``; the word itself when not known."""
    word = word.strip().lower().replace("-", "_").replace(" ", "_")
    return PLURALS.get(word, word)


def not_kept(word: str) -> str | None:
    """Why a known HSDS object is left out, or None."""
    kind = kind_of(word)
    return NOT_KEPT.get(kind) or NOT_KEPT.get(kind.removesuffix("s"))
