"""Who had a file of the ledger written; and that a need which waits for somebody was withdrawn, and when."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0012"
down_revision = "jobs_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_import", sa.Column("applied_by", sa.Uuid, nullable=True))
    op.add_column("ledger_import", sa.Column("applied_as", sa.String, nullable=True))
    op.add_column("need_waiting", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    op.execute("DELETE FROM need_waiting WHERE withdrawn")  # the version before would open them
    op.drop_column("need_waiting", "withdrawn")
    op.drop_column("ledger_import", "applied_as")
    op.drop_column("ledger_import", "applied_by")
