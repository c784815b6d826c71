"""Reports about areas that an alert names already are evidence of it: which areas, and how that alert is found.

And of a version of a feed, what was shipped of it when that was taken over.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "alerts_0016"
down_revision = "alerts_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_evidence", sa.Column("area", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index(
        "ix_alert_areas", "alert", ["risk_family", "id"], postgresql_where=sa.text("merging AND area IS NOT NULL")
    )
    op.add_column("feed_version", sa.Column("shipped", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("feed_version", "shipped")
    op.drop_index("ix_alert_areas", "alert")
    op.drop_column("alert_evidence", "area")
