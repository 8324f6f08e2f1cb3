"""Danger over a whole conversation: what is taken back, the check question, silences, and who lowered a level."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessments", sa.Column("retraction", sa.String(40), nullable=True))
    op.add_column("conversations", sa.Column("check_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalations", sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_conversations_checked",
        "conversations",
        ["check_asked_at"],
        postgresql_where=sa.text("menu_open = 'check'"),
    )
    op.create_table(
        "lowerings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger(), nullable=False),
        sa.Column("responder_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_level", sa.String(40), nullable=False),
        sa.Column("to_level", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_lowerings_escalation_id")),
        sa.ForeignKeyConstraint(["responder_id"], ["responders.id"], name=op.f("fk_lowerings_responder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lowerings")),
    )
    op.create_index(op.f("ix_lowerings_escalation_id"), "lowerings", ["escalation_id"])


def downgrade() -> None:
    op.drop_table("lowerings")
    op.drop_index("ix_conversations_checked", "conversations")
    op.drop_column("escalations", "silent_since")
    op.drop_column("conversations", "check_asked_at")
    op.drop_column("assessments", "retraction")
