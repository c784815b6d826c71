"""Which sheets of a workbook are not read, and why: sealed, for people put names into those of sheets as well.

Of files that came before nothing is known. Going back, it is forgotten.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0014"
down_revision = "alerts_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("file", sa.Column("skipped_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("file", "skipped_sealed")
