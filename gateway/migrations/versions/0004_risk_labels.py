"""What people say of assessments."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_labels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("responder_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_risk_labels_assessment_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_risk_labels_message_id")),
        sa.ForeignKeyConstraint(["responder_id"], ["responders.id"], name=op.f("fk_risk_labels_responder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_labels")),
        sa.UniqueConstraint("message_id", "responder_id", name=op.f("uq_risk_labels_message_id")),
    )
    op.create_index("ix_risk_labels_assessment_id", "risk_labels", ["assessment_id"], unique=False)


def downgrade() -> None:
    op.drop_table("risk_labels")
