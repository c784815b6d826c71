"""Beside what became of a file's rows: their alerts, and the rules they were judged by; and the content of waiting rows.

Of rows that came before nothing of it is known. Going back, it is forgotten.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "alerts_0015"
down_revision = "alerts_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("file_part", sa.Column("alerts", sa.LargeBinary(), nullable=True))
    op.add_column("file_part", sa.Column("rules", ARRAY(sa.Uuid()), nullable=True))
    op.add_column("file_part", sa.Column("judged_on", sa.Date(), nullable=True))
    op.add_column("unmatched_row", sa.Column("row_hash", sa.LargeBinary(), nullable=True))
    op.execute("UPDATE unmatched_row SET row_hash = substring(dedup FROM 5) WHERE dedup < 'row;' AND dedup >= 'row:'")


def downgrade() -> None:
    op.drop_column("unmatched_row", "row_hash")
    for name in ("judged_on", "rules", "alerts"):
        op.drop_column("file_part", name)
