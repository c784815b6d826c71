"""What an area said stands until its newer task has a verdict. Going back, it is forgotten, as it was."""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0017"
down_revision = "alerts_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("area_check", sa.Column("verdict_task_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute(
        "UPDATE area_check SET verdict = NULL, basis = NULL, reason_sealed = NULL, visited_on = NULL, answered_at = NULL,"
        " checked = NULL, at_risk = NULL WHERE verdict_task_id IS NOT NULL"
    )
    op.drop_column("area_check", "verdict_task_id")
