"""The address of a webhook lies sealed: a bureau may have put a token into it.

`url` is read only of rows that the service has not sealed yet, which it does by itself soon after the start. Going back,
what is sealed cannot be read by the database: those webhooks are closed, and registered anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0011"
down_revision = "alerts_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook", sa.Column("url_sealed", sa.LargeBinary(), nullable=True))
    op.alter_column("webhook", "url", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE webhook SET url = '', active = false WHERE url IS NULL")
    op.alter_column("webhook", "url", existing_type=sa.String(), nullable=False)
    op.drop_column("webhook", "url_sealed")
