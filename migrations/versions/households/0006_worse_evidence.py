"""An alert may have several evidences: the first has its id, each that made it worse one of its own."""

import sqlalchemy as sa
from alembic import op

revision = "households_0006"
down_revision = "households_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("evidence_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE evidence SET evidence_id = alert_id")
    op.alter_column("evidence", "evidence_id", nullable=False)
    op.drop_constraint("pk_evidence", "evidence", type_="primary")
    op.create_primary_key("pk_evidence", "evidence", ["evidence_id"])
    op.create_index("ix_evidence_alert_id", "evidence", ["alert_id"])


def downgrade() -> None:
    op.execute("DELETE FROM evidence WHERE evidence_id <> alert_id")
    op.drop_index("ix_evidence_alert_id", "evidence")
    op.drop_constraint("pk_evidence", "evidence", type_="primary")
    op.create_primary_key("pk_evidence", "evidence", ["alert_id"])
    op.drop_column("evidence", "evidence_id")
