"""How many households of an area were checked for an alert, and how many of them are at risk."""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0013"
down_revision = "alerts_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("area_check", sa.Column("checked", sa.Integer(), nullable=True))
    op.add_column("area_check", sa.Column("at_risk", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("area_check", "at_risk")
    op.drop_column("area_check", "checked")
