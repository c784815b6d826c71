"""Two lanes in the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "households_0005"
down_revision = "households_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The lane leads in the key, so that each lane is read in order without a second index. Code that does not know of
    # lanes goes on writing live rows, and takes those of both.
    op.add_column("outbox", sa.Column("lane", sa.SmallInteger(), server_default="0", nullable=False))
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["lane", "id"])


def downgrade() -> None:
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["id"])
    op.drop_column("outbox", "lane")
