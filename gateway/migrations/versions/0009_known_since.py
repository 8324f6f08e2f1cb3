"""Since when a record is known: it gets old though nobody says how old it is."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Of what is in already no day is written down: the newest that can be true, so that nothing is called old too early.
IN_ALREADY = """
INSERT INTO known_since (dataset, service_id, day)
SELECT s.dataset, s.id, coalesce(d.changed_at::date, current_date)
FROM service s LEFT JOIN dataset d ON d.name = s.dataset
"""


def upgrade() -> None:
    """Write a day down for each service."""
    op.create_table(
        "known_since",
        sa.Column("dataset", sa.String(24), nullable=False),
        sa.Column("service_id", sa.String(55), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "service_id", name=op.f("pk_known_since")),
    )
    op.execute(IN_ALREADY)


def downgrade() -> None:
    """Forget it."""
    op.drop_table("known_since")
