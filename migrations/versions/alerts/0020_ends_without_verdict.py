"""Bureaus hear of alerts that end without a verdict: expired, or dropped, of which alerts say since when. Of those that
ended before nobody is told any more. Going back, these notices are forgotten; where readers stand is not changed by it.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0020"
down_revision = "alerts_0019"
branch_labels = None
depends_on = None

_ALWAYS_THERE = ("verdict", "answered_at")  # with a verdict


def upgrade() -> None:
    op.add_column("alert", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("verdict_notice", sa.Column("state", sa.String(), server_default="answered", nullable=False))
    op.add_column("verdict_notice", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    for name in _ALWAYS_THERE:
        op.alter_column("verdict_notice", name, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM verdict_notice WHERE state <> 'answered'")
    for name in _ALWAYS_THERE:
        op.alter_column("verdict_notice", name, nullable=False)
    op.drop_column("verdict_notice", "ended_at")
    op.drop_column("verdict_notice", "state")
    op.drop_column("alert", "dropped_at")
