"""How often a chunk of a batch was begun is counted beside it, and what is given up are chunks: `batch.attempts` counts
these from now on. An alert may end as dropped. Going back, whatever waits is tried as often as before, and those alerts are
open for ever, as they were.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0018"
down_revision = "alerts_0017"
branch_labels = None
depends_on = None

_AS_OF_NONE = "UPDATE batch SET attempts = 0 WHERE finished_at IS NULL AND attempts > 0"


def upgrade() -> None:
    op.create_table(
        "chunk_attempt",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "seq"),
        sa.ForeignKeyConstraint(["batch_id", "seq"], ["batch_chunk.batch_id", "batch_chunk.seq"], ondelete="CASCADE"),
    )
    op.execute(_AS_OF_NONE)


def downgrade() -> None:
    op.execute("UPDATE alert SET state = 'checking' WHERE state = 'dropped'")
    op.execute(_AS_OF_NONE)
    op.drop_table("chunk_attempt")
