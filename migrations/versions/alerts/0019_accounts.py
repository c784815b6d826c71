"""Accounts, as the directory tells them: whose webhook it is that verdicts are sent to. Of one that has not changed since
nothing is known, and nothing of its is closed, until the directory tells all again (`services.cli announce`).
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0019"
down_revision = "alerts_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("feeds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )


def downgrade() -> None:
    op.drop_table("account")
