"""Households of an area that were checked and are at risk; and a receipt for each single report, so that a lost one shows.

Reports of batches and files are counted where those are. Going back, the receipts are forgotten.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0013"
down_revision = "alerts_0012"
branch_labels = None
depends_on = None

FIELDS = "id, feed, area_code, reported_at"


def upgrade() -> None:
    op.add_column("area_check", sa.Column("checked", sa.Integer(), nullable=True))
    op.add_column("area_check", sa.Column("at_risk", sa.Integer(), nullable=True))
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )
    for table in ("alert", "alert_evidence"):
        op.execute(f"INSERT INTO receipt SELECT {FIELDS} FROM {table} WHERE batch_id IS NULL ORDER BY id")  # noqa: S608
    op.create_index("ix_receipt_reported_at", "receipt", ["reported_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_table("receipt")
    op.drop_column("area_check", "at_risk")
    op.drop_column("area_check", "checked")
