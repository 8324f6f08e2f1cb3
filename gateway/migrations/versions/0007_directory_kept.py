"""What is kept beside the directory: all cells, an index by need and place, corrections, imports, referral events."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HSDS = (
    "organization taxonomy service location taxonomy_term service_at_location address phone schedule language "
    "cost_option required_document accessibility service_area attribute translation"
).split()
TABLES = (
    "holiday_schedule search_need search_word known_place verification correction override closure import_run "
    "import_change referral_event search_log"
).split()
OUTSIDE = ("service", "organization")
TRANSLATED = ["dataset", "object", "object_id", "field", "language"]
OPEN = sa.text("state IN ('offered', 'accepted', 'sent', 'contacted', 'connected')")
SEARCHED: dict[str, tuple[Any, str | None]] = {
    "status": (sa.String(40), "'active'"),
    "week": (postgresql.INT4MULTIRANGE(), None),
    "always": (sa.Boolean(), "false"),
    "ages": (postgresql.INT4RANGE(), None),
    "serves": (postgresql.ARRAY(sa.Text()), "'{}'"),
    "languages": (postgresql.ARRAY(sa.Text()), "'{}'"),
    "cost": (sa.String(40), None),
    "access": (postgresql.ARRAY(sa.Text()), "'{}'"),
    "verified_on": (sa.Date(), None),
}
REFERRED: dict[str, Any] = {
    "location_id": sa.String(55),
    "name": sa.String(),
    "ordinal": sa.SmallInteger(),
    "offered_again_at": sa.DateTime(timezone=True),
    "viewed_at": sa.DateTime(timezone=True),
}
# One open referral for a service and a need: the first stays, and is told again when the last of them was.
TWICE = """
WITH twice AS (
  SELECT id, first_value(id) OVER same AS first, last_value(message_id) OVER same AS message_id,
         last_value(offered_at) OVER same AS offered_at, row_number() OVER same AS number, count(*) OVER same AS all
  FROM referrals WHERE state = 'offered'
  WINDOW same AS (PARTITION BY conversation_id, service_id, need ORDER BY id
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), told_again AS (
  UPDATE referrals SET message_id = twice.message_id, offered_again_at = twice.offered_at
  FROM twice WHERE referrals.id = twice.first AND twice.number = 1 AND twice.all > 1
)
DELETE FROM referrals USING twice WHERE referrals.id = twice.id AND twice.number > 1
"""


class Cube(sa.types.UserDefinedType[str]):
    """A point of Postgres' ``cube``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "cube"


def upgrade() -> None:
    # Both are trusted extensions: whoever owns the database may add them.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS cube")
    for table in HSDS:
        op.add_column(table, sa.Column("extra", postgresql.JSONB(), nullable=True))
    op.add_column("location", _column("confidential", sa.Boolean()))
    op.add_column("dataset", _column("as_of", sa.Date()))
    op.add_column("translation", sa.Column("source", sa.String(40), nullable=False, server_default=sa.text("'feed'")))
    op.drop_index("uq_translation_object", "translation")
    op.create_index("uq_translation_object", "translation", [*TRANSLATED, "source"], unique=True)
    _searched()
    _holidays()
    _corrections()
    _imports()
    _referrals()
    _outside()


def downgrade() -> None:
    op.drop_index("ix_service_active", "service")
    for table in OUTSIDE:
        op.drop_index(f"ix_{table}_outside", table)
    op.drop_index("uq_referrals_open", "referrals")
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in REFERRED:
        op.drop_column("referrals", name)
    for name in SEARCHED:
        op.drop_column("search_entry", name)
    # Without its source a row cannot say whose it is: only the publisher's stay.
    op.execute("DELETE FROM translation WHERE source <> 'feed'")
    op.drop_index("uq_translation_object", "translation")
    op.drop_column("translation", "source")
    op.create_index("uq_translation_object", "translation", TRANSLATED, unique=True)
    op.drop_column("dataset", "as_of")
    op.drop_column("location", "confidential")
    for table in HSDS:
        op.drop_column(table, "extra")
    op.execute("DROP EXTENSION IF EXISTS cube")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")


def _outside() -> None:
    """What programs ask of the directory: a row by the id that they know, a page of the active services."""
    for table in OUTSIDE:
        begins = f"left(md5((('front-door/hsds:' || dataset) || '/{table}/') || id), 12)"
        op.create_index(f"ix_{table}_outside", table, [sa.text(begins)])
    op.create_index("ix_service_active", "service", ["dataset", "id"], postgresql_where=sa.text("status = 'active'"))


def _searched() -> None:
    for name, (kind, default) in SEARCHED.items():
        given = sa.text(default) if default else None
        op.add_column("search_entry", sa.Column(name, kind, nullable=default is None, server_default=given))
    op.create_table(
        "search_need",
        *_of_service(location=True),
        _column("need", sa.String(40), null=False),
        _column("weight", sa.SmallInteger(), null=False),
        _column("point", Cube()),
        _column("national", sa.Boolean(), null=False),
        _column("verified_on", sa.Date()),
        sa.PrimaryKeyConstraint("dataset", "service_id", "location_id", "need", name=op.f("pk_search_need")),
        _foreign("search_need", "service"),
    )
    near = sa.text("point IS NOT NULL")
    op.create_index(
        "ix_search_need_near",
        "search_need",
        ["need", "weight", "point"],
        postgresql_using="gist",
        postgresql_where=near,
    )
    surest: list[Any] = ["need", "national", sa.text("weight DESC"), sa.text("verified_on DESC NULLS LAST")]
    nowhere = sa.text("point IS NULL")
    op.create_index("ix_search_need_anywhere", "search_need", surest, postgresql_where=nowhere)
    op.create_table(
        "search_word",
        _column("dataset", sa.String(24), null=False),
        _column("word", sa.String(80), null=False),
        _column("entries", sa.Integer(), null=False),
        sa.PrimaryKeyConstraint("dataset", "word", name=op.f("pk_search_word")),
    )
    _trigrams("search_word", "word")
    keys = {"dataset": 24, "kind": 40, "name": 120, "city": 80, "state": 40}
    op.create_table(
        "known_place",
        *(_column(name, sa.String(length), null=False) for name, length in keys.items()),
        _column("shown", null=False),
        _column("county"),
        _column("timezone"),
        *(_column(name, sa.Float(), null=False) for name in ("latitude", "longitude", "radius")),
        _column("addresses", sa.Integer(), null=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_known_place")),
    )
    _trigrams("known_place", "name")


def _holidays() -> None:
    parents = ("service", "location", "service_at_location")
    op.create_table(
        "holiday_schedule",
        _column("dataset", sa.String(24), null=False),
        _column("id", sa.String(55), null=False),
        *(_column(f"{parent}_id", sa.String(55)) for parent in parents),
        _column("holiday"),
        *(_column(name, sa.Date()) for name in ("start_date", "end_date")),
        *(_column(name, sa.Time()) for name in ("opens_at", "closes_at")),
        _column("as_given"),
        _column("extra", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("dataset", "id", name=op.f("pk_holiday_schedule")),
        *(_foreign("holiday_schedule", parent) for parent in parents),
    )
    for parent in parents:
        op.create_index(f"ix_holiday_schedule_{parent}_id", "holiday_schedule", ["dataset", f"{parent}_id"])


def _corrections() -> None:
    op.create_table(
        "verification",
        _id(),
        *_of_service(),
        _word("by_kind"),
        *_people("verification", "responder_id"),
        _at("at"),
        _column("note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index("ix_verification_service", "verification", ["dataset", "service_id", "at"])
    op.create_table(
        "correction",
        _id(),
        *_of_service(),
        *_of_object(),
        _word("field", null=True),
        *map(_word, ("kind", "source", "state")),
        *(_column(name, postgresql.JSONB()) for name in ("proposed", "base")),
        *(_link("correction", f"{parent}_id", f"{parent}s") for parent in ("contact", "conversation", "message")),
        *_people("correction", "responder_id", "decided_by"),
        _at("created_at"),
        _at("decided_at", null=True),
        _column("reason"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_service", "correction", ["dataset", "service_id"])
    op.create_index("ix_correction_open", "correction", ["created_at"], postgresql_where=sa.text("state = 'open'"))
    once = sa.text("state = 'open' AND contact_id IS NOT NULL")
    columns = ["contact_id", "dataset", "service_id", "kind"]
    op.create_index("uq_correction_contact", "correction", columns, unique=True, postgresql_where=once)
    op.create_table(
        "override",
        _column("dataset", sa.String(24), null=False),
        *_of_object(),
        _word("field"),
        *(_column(name, postgresql.JSONB()) for name in ("value", "base")),
        _link("override", "correction_id", "correction"),
        *_people("override", "responder_id"),
        _at("at"),
        sa.PrimaryKeyConstraint("dataset", "object", "object_id", "field", name=op.f("pk_override")),
    )
    op.create_table(
        "closure",
        _id(),
        _column("dataset", sa.String(24), null=False),
        *(_column(name, sa.String(55)) for name in ("service_id", "location_id")),
        _at("from_at"),
        *(_at(name, null=True) for name in ("to_at", "ended_at")),
        _column("reason"),
        *_people("closure", "responder_id", "ended_by"),
        _at("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    for parent in ("service", "location"):
        op.create_index(f"ix_closure_{parent}", "closure", ["dataset", f"{parent}_id"])


def _imports() -> None:
    op.create_table(
        "import_run",
        _id(),
        _column("dataset", sa.String(24), null=False),
        _at("at"),
        _column("source", null=False),
        _word("state"),
        _column("report", postgresql.JSONB(), null=False),
        *_people("import_run", "responder_id", "approved_by", "undone_by"),
        _at("undone_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_dataset", "import_run", ["dataset", "id"])
    op.create_table(
        "import_change",
        _column("run_id", sa.BigInteger(), null=False),
        *_of_object(),
        *(_column(name, postgresql.JSONB()) for name in ("before", "after")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_change_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "object", "object_id", name=op.f("pk_import_change")),
    )


def _referrals() -> None:
    for name, kind in REFERRED.items():
        op.add_column("referrals", _column(name, kind))
    op.execute(TWICE)
    columns = ["conversation_id", "service_id", "need"]
    op.create_index("uq_referrals_open", "referrals", columns, unique=True, postgresql_where=OPEN)
    op.create_table(
        "referral_event",
        _id(),
        _column("referral_id", sa.BigInteger(), null=False),
        _at("at"),
        _word("from_state", null=True),
        *map(_word, ("state", "by")),
        *_people("referral_event", "responder_id"),
        _link("referral_event", "message_id", "messages"),
        _column("ordinal", sa.SmallInteger()),
        _word("barrier_code", null=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.id"], name=op.f("fk_referral_event_referral_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_event")),
    )
    for name in ("referral_id", "message_id"):
        op.create_index(op.f(f"ix_referral_event_{name}"), "referral_event", [name])
    op.create_table(
        "search_log",
        _id(),
        _at("at"),
        _column("needs", postgresql.ARRAY(sa.Text()), null=False),
        _column("zone", sa.String(60)),
        _column("zip3", sa.String(3)),
        _column("language", sa.String(8)),
        _word("channel"),
        _column("offered", sa.SmallInteger(), null=False),
        _word("reason", null=True),
        _column("declined", sa.Boolean(), null=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_log")),
    )
    op.create_index("ix_search_log_at", "search_log", ["at"])


def _trigrams(table: str, column: str) -> None:
    ops = {column: "gin_trgm_ops"}
    op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="gin", postgresql_ops=ops)


def _of_service(*, location: bool = False) -> list[sa.Column[Any]]:
    names = ["service_id", "location_id"] if location else ["service_id"]
    return [
        _column("dataset", sa.String(24), null=False),
        *(_column(name, sa.String(55), null=False) for name in names),
    ]


def _of_object() -> list[sa.Column[Any]]:
    return [_word("object"), _column("object_id", sa.String(55), null=False)]


def _people(table: str, *names: str) -> list[sa.Column[Any]]:
    return [_link(table, name, "responders") for name in names]


def _link(table: str, name: str, parent: str) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{parent}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, sa.BigInteger(), key, nullable=True)


def _foreign(table: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["dataset", f"{parent}_id"],
        [f"{parent}.dataset", f"{parent}.id"],
        name=f"fk_{table}_{parent}_id",
        ondelete="CASCADE",
    )


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _word(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.String(40), null=null)


def _at(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.DateTime(timezone=True), null=null)


def _column(name: str, kind: Any = None, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(name, kind if kind is not None else sa.String(), nullable=null)
