"""Screening rules as versioned data, and the rules that feeds are shipped with.

A rule's file counts once, here. What a county publishes afterwards counts before it, for it is newer.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.ids import new_id

revision = "alerts_0006"
down_revision = "alerts_0005"
branch_labels = None
depends_on = None

FEEDS = Path(__file__).parents[3] / "services" / "alerts" / "feeds"
NOBODY = UUID(int=0)
JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    table = op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("area_prefix", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("levels", JSON, nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("author", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.code"], name="fk_rule_feed"),
        sa.PrimaryKeyConstraint("id", name="pk_rule"),
        sa.UniqueConstraint("feed", "area_prefix", "version", name="uq_rule_feed_area_prefix_version"),
    )
    op.add_column("batch", sa.Column("not_triggered", sa.Integer(), server_default="0", nullable=False))
    there = set(op.get_bind().scalars(sa.text("SELECT code FROM feed")))
    shipped = [orjson.loads(path.read_bytes()) for path in sorted(FEEDS.glob("*.json"))]
    op.bulk_insert(table, [_first(feed) for feed in shipped if "rule" in feed and feed["code"] in there])


def downgrade() -> None:
    op.drop_column("batch", "not_triggered")
    op.drop_table("rule")


def _first(feed: dict) -> dict:
    return {
        "id": new_id(),
        "feed": feed["code"],
        "area_prefix": "",
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
        "version": 1,
        "levels": feed["rule"]["levels"],
        "parameters": feed["rule"]["parameters"],
        "note": feed.get("source"),
        "author": NOBODY,
        "created_at": datetime.now(UTC),
    }
