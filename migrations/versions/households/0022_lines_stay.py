"""A line on the list of an area's check keeps the area of the check, wherever its household moves.

While it followed the household, a village that could no longer see it could deny what had been said of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "households_0022"
down_revision = "households_0021"
branch_labels = None
depends_on = None

FOLLOWING = "fk_task_household_household_id_area_code"
STAYING = "fk_task_household_household_id"
# That of the case: a task may have been handed to a desk above.
TO_CHECKS = """
UPDATE task_household l SET area_code = c.area_code
FROM task t JOIN risk_case c ON c.id = t.case_id WHERE t.id = l.task_id AND l.area_code <> c.area_code
"""
TO_HOUSEHOLDS = """
UPDATE task_household l SET area_code = h.area_code
FROM household h WHERE h.id = l.household_id AND l.area_code <> h.area_code
"""


def upgrade() -> None:
    op.drop_constraint(FOLLOWING, "task_household", type_="foreignkey")
    op.create_foreign_key(STAYING, "task_household", "household", ["household_id"], ["id"])
    op.execute(sa.text(TO_CHECKS))


def downgrade() -> None:
    op.execute(sa.text(TO_HOUSEHOLDS))
    op.drop_constraint(STAYING, "task_household", type_="foreignkey")
    op.create_foreign_key(
        FOLLOWING,
        "task_household",
        "household",
        ["household_id", "area_code"],
        ["id", "area_code"],
        onupdate="CASCADE",
    )
