"""How often a row that waited for the register was looked at again without an end is counted on it, so that one that ends
its process is given up at last. Going back, it is tried for ever, as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0021"
down_revision = "alerts_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unmatched_row", sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("unmatched_row", "attempts")
