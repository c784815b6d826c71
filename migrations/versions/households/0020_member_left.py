"""Who left is found by their key as well: telling of a person asks for those who live nowhere any more, too."""

import sqlalchemy as sa
from alembic import op

revision = "households_0020"
down_revision = "households_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_member_left", "member", ["person_key"], postgresql_where=sa.text("left_on IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_member_left", "member")
