"""The directory: HSDS 3 objects, their translations, the needs they meet and what search reads."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "dataset organization taxonomy service location taxonomy_term service_at_location address phone schedule language "
    "cost_option required_document accessibility service_area attribute translation service_need search_entry"
).split()


def upgrade() -> None:
    # Both are trusted extensions: whoever owns the database may add them.
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "dataset",
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dataset")),
    )
    _providers()
    _places()
    _details()
    _terms()
    _search()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _providers() -> None:
    _hsds(
        "organization",
        [_column("name", null=False), *_texts("alternate_name description email website uri parent_organization_id")],
    )
    _hsds(
        "service",
        [
            _reference("organization"),
            _column("name", null=False),
            _column("status", sa.String(40), null=False),
            *_texts("program_id alternate_name description url email interpretation_services application_process"),
            *_texts("fees_description wait_time accreditations eligibility_description licenses alert"),
            _column("minimum_age", sa.Float()),
            _column("maximum_age", sa.Float()),
            _column("assured_date", sa.Date()),
            _column("last_modified", sa.DateTime(timezone=True)),
        ],
        ["organization"],
    )


def _places() -> None:
    _hsds(
        "location",
        [
            _column("location_type", sa.String(40), null=False),
            _reference("organization"),
            *_texts("url name alternate_name description transportation external_identifier external_identifier_type"),
            _column("latitude", sa.Float()),
            _column("longitude", sa.Float()),
        ],
        ["organization"],
    )
    parents = ["service", "location"]
    columns = [*(_reference(parent, null=False) for parent in parents), _column("description")]
    _hsds("service_at_location", columns, parents)
    address = "attention address_1 address_2 city region state_province postal_code country address_type"
    _hsds("address", [_reference("location"), *_texts(address)], ["location"])
    _hsds("accessibility", [_reference("location"), *_texts("description details url")], ["location"])


def _details() -> None:
    parents = ["location", "service", "organization", "service_at_location"]
    columns = [*map(_reference, parents), _column("number", null=False), *_texts("extension type description")]
    _hsds("phone", columns, parents)
    parents = ["service", "location", "service_at_location"]
    _hsds("schedule", [*map(_reference, parents), *_rule()], parents)
    parents = ["service", "location", "phone"]
    _hsds("language", [*map(_reference, parents), *_texts("name code note")], parents)
    cost = [
        _reference("service", null=False),
        *_texts("option currency amount_description"),
        _column("valid_from", sa.Date()),
        _column("valid_to", sa.Date()),
        _column("amount", sa.Numeric(12, 2)),
    ]
    _hsds("cost_option", cost, ["service"])
    _hsds("required_document", [_reference("service"), *_texts("document uri")], ["service"])
    parents = ["service", "service_at_location"]
    _hsds("service_area", [*map(_reference, parents), *_texts("name description extent extent_type uri")], parents)


def _rule() -> list[sa.Column[Any]]:
    return [
        *(_column(name, sa.Date()) for name in ("valid_from", "valid_to", "dtstart", "until")),
        *(_column(name, sa.Integer()) for name in ("count", "interval")),
        *(_column(name, sa.Time()) for name in ("opens_at", "closes_at")),
        *_texts("timezone wkst freq byday byweekno bymonthday byyearday description schedule_link attending_type"),
        *_texts("notes as_given"),
    ]


def _terms() -> None:
    _hsds("taxonomy", [_column("name", null=False), *_texts("description uri version")])
    columns = [
        _reference("taxonomy"),
        _reference("parent"),
        _column("name", null=False),
        *_texts("code description taxonomy language term_uri"),
    ]
    _hsds("taxonomy_term", columns, ["taxonomy"])
    op.create_index("ix_taxonomy_term_parent_id", "taxonomy_term", ["dataset", "parent_id"])
    columns = [
        _reference("link", null=False),
        _reference("taxonomy_term", null=False),
        _column("link_entity", sa.String(40), null=False),
        *_texts("link_type value label"),
    ]
    _hsds("attribute", columns, ["taxonomy_term"])
    op.create_index("ix_attribute_link", "attribute", ["dataset", "link_entity", "link_id"])


def _search() -> None:
    translation = [
        _column("object", sa.String(40), null=False),
        _reference("object", null=False),
        _column("field", sa.String(40), null=False),
        _column("language", sa.String(8), null=False),
        _column("text", null=False),
    ]
    _hsds("translation", translation)
    unique = ["dataset", "object", "object_id", "field", "language"]
    op.create_index("uq_translation_object", "translation", unique, unique=True)
    op.create_table(
        "service_need",
        _column("dataset", sa.String(24), null=False),
        _reference("service", null=False),
        _column("need", sa.String(40), null=False),
        _column("weight", sa.SmallInteger(), null=False),
        sa.PrimaryKeyConstraint("dataset", "service_id", "need", name=op.f("pk_service_need")),
        _foreign("service_need", "service"),
    )
    op.create_index("ix_service_need_need", "service_need", ["need"])
    op.create_table(
        "search_entry",
        _column("dataset", sa.String(24), null=False),
        _reference("service", null=False),
        _reference("location", null=False),
        _reference("service_at_location"),
        *(_column(name, postgresql.ARRAY(sa.Text()), null=False) for name in ("needs", "sure_needs", "areas")),
        _column("latitude", sa.Float()),
        _column("longitude", sa.Float()),
        _column("timezone"),
        _column("national", sa.Boolean(), null=False),
        _column("document", postgresql.TSVECTOR(), null=False),
        sa.PrimaryKeyConstraint("dataset", "service_id", "location_id", name=op.f("pk_search_entry")),
        _foreign("search_entry", "service"),
    )
    op.create_index("ix_search_entry_document", "search_entry", ["document"], postgresql_using="gin")
    op.create_index("ix_search_entry_needs", "search_entry", ["needs"], postgresql_using="gin")
    op.create_index("ix_search_entry_place", "search_entry", ["latitude", "longitude"])


def _hsds(table: str, columns: list[sa.Column[Any]], parents: list[str] | None = None) -> None:
    """One HSDS object: its rows go when the row above them goes, and can be found from there."""
    op.create_table(
        table,
        _column("dataset", sa.String(24), null=False),
        _column("id", sa.String(55), null=False),
        *columns,
        sa.PrimaryKeyConstraint("dataset", "id", name=op.f(f"pk_{table}")),
        *(_foreign(table, parent) for parent in parents or []),
    )
    for parent in parents or []:
        if parent != "taxonomy":
            op.create_index(f"ix_{table}_{parent}_id", table, ["dataset", f"{parent}_id"])


def _foreign(table: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["dataset", f"{parent}_id"],
        [f"{parent}.dataset", f"{parent}.id"],
        name=f"fk_{table}_{parent}_id",
        ondelete="CASCADE",
    )


def _column(name: str, kind: Any = None, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(name, kind if kind is not None else sa.String(), nullable=null)


def _reference(parent: str, *, null: bool = True) -> sa.Column[Any]:
    return _column(f"{parent}_id", sa.String(55), null=null)


def _texts(names: str) -> list[sa.Column[Any]]:
    return [_column(name) for name in names.split()]
