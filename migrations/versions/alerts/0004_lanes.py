"""Two lanes in the outbox, and the lane in which each alert was told."""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0004"
down_revision = "alerts_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The lane leads in the key, so that each lane is read in order without a second index. Code that does not know of
    # lanes goes on writing live rows, and takes those of both.
    op.add_column("outbox", sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False))
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["lane", "id"])
    for table in ("alert", "alert_evidence"):
        op.add_column(table, sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for table in ("alert_evidence", "alert"):
        op.drop_column(table, "lane")
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["id"])
    op.drop_column("outbox", "lane")
