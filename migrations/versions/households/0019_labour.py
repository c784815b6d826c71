"""Up to which day people who turned 15 were told of; for whom of a household a measure is."""

import sqlalchemy as sa
from alembic import op

revision = "households_0019"
down_revision = "households_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labour_night",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_labour_night"),
    )
    op.add_column("measure", sa.Column("member_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("measure", "member_id")
    op.drop_table("labour_night")
