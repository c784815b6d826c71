"""A household on the list of an area's check may be at risk: it gets a national case from it.

The verdict keeps how many of the list were checked and at risk, as it was told to the bureau.
"""

import sqlalchemy as sa
from alembic import op

revision = "households_0021"
down_revision = "households_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task_household", sa.Column("at_risk", sa.Boolean(), nullable=True))
    op.add_column("verdict", sa.Column("checked", sa.Integer(), nullable=True))
    op.add_column("verdict", sa.Column("at_risk", sa.Integer(), nullable=True))
    op.add_column("case_evidence", sa.Column("area_family", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("case_evidence", "area_family")
    op.drop_column("verdict", "at_risk")
    op.drop_column("verdict", "checked")
    op.drop_column("task_household", "at_risk")
