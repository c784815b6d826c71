"""By which version of the rules a row of the ledger was taken."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0011"
down_revision = "jobs_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("labour_change", sa.Column("policy_id", sa.Uuid, nullable=True))


def downgrade() -> None:
    op.drop_column("labour_change", "policy_id")
