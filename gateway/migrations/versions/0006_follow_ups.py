"""Consent for each purpose, and the question whether services helped."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _consents()
    _follow_ups()


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("language", sa.String(8), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_consents_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_address", "consents", ["channel", "address_hash", "purpose"])
    op.create_index(
        "uq_consents_in_force",
        "consents",
        ["channel", "address_hash", "purpose"],
        unique=True,
        postgresql_where=sa.text("given AND ended_at IS NULL"),
    )


def _follow_ups() -> None:
    parents = {
        "conversation_id": "conversations",
        "contact_id": "contacts",
        "offer_message_id": "messages",
        "consent_id": "consents",
        "question_message_id": "messages",
    }
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=name in {"consent_id", "question_message_id"}) for name in parents),
        sa.Column("state", sa.String(40), nullable=False),
        *(sa.Column(name, sa.String(40), nullable=True) for name in ("result", "barrier_code", "void_reason")),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_follow_ups_{name}"))
            for name, table in parents.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    op.create_index(op.f("ix_follow_ups_conversation_id"), "follow_ups", ["conversation_id"])
    op.create_index("ix_follow_ups_contact", "follow_ups", ["contact_id"])
    under_way = sa.text("state IN ('offered', 'agreed', 'asked')")
    op.create_index("uq_follow_ups_under_way", "follow_ups", ["contact_id"], unique=True, postgresql_where=under_way)
    op.create_index("ix_follow_ups_due", "follow_ups", ["due_at"], postgresql_where=sa.text("state = 'agreed'"))
    waiting = sa.text("state IN ('offered', 'asked')")
    op.create_index("ix_follow_ups_waiting", "follow_ups", ["changed_at"], postgresql_where=waiting)


def downgrade() -> None:
    op.drop_table("follow_ups")
    op.drop_table("consents")
