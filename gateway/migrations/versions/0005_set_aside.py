"""What a rule card matched and scoping held not to be meant."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'::jsonb")
    op.add_column("assessments", sa.Column("set_aside", JSONB(), server_default=empty, nullable=False))


def downgrade() -> None:
    op.drop_column("assessments", "set_aside")
