"""Feeds as data: bureau, calendar, columns, reporters, every version that was; and all the feeds that are shipped.

A feed's file counts once, here. What a county has changed or made of its own since is never overwritten.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "alerts_0005"
down_revision = "alerts_0004"
branch_labels = None
depends_on = None

FEEDS = Path(__file__).parents[3] / "services" / "alerts" / "feeds"
NOBODY = UUID(int=0)
JSON = postgresql.JSONB(astext_type=sa.Text())
NEW = (
    sa.Column("bureau", sa.String()),
    sa.Column("subject", sa.String()),
    sa.Column("cadence", sa.String()),
    sa.Column("due_day", sa.Integer(), nullable=True),
    sa.Column("grace_days", sa.Integer()),
    sa.Column("reporters", sa.ARRAY(sa.Text())),
    sa.Column("columns", JSON),
    sa.Column("source", sa.String(), nullable=True),
    sa.Column("created_by", sa.Uuid()),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("changed_by", sa.Uuid()),
    sa.Column("changed_at", sa.DateTime(timezone=True)),
)
UNKNOWN = {"subject": "person", "cadence": "event", "due_day": None, "grace_days": 0, "reporters": ["bureau"]}
"""Of a feed that a county made by hand before it could say more: nobody waits for its reports."""


def upgrade() -> None:
    op.create_table(
        "feed_version",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feed.code"], name="fk_feed_version_feed"),
        sa.PrimaryKeyConstraint("feed", "version", name="pk_feed_version"),
    )
    for column in NEW:
        op.add_column("feed", sa.Column(column.name, column.type, nullable=True))
    op.execute("ALTER TABLE feed ADD COLUMN IF NOT EXISTS expires_days integer")  # of alerts_0003
    _install(datetime.now(UTC))
    for column in NEW:
        if column.name not in ("due_day", "source"):
            op.alter_column("feed", column.name, nullable=False)
    op.create_index("ix_feed_bureau", "feed", ["bureau"], unique=False)


def downgrade() -> None:
    """The feeds stay: alerts refer to them, and the code before this one takes any."""
    op.drop_table("feed_version")
    op.drop_index("ix_feed_bureau", table_name="feed")
    for column in NEW:
        op.drop_column("feed", column.name)


def _install(now: datetime) -> None:
    connection = op.get_bind()
    feed = sa.Table("feed", sa.MetaData(), autoload_with=connection)
    version = sa.Table("feed_version", sa.MetaData(), autoload_with=connection, resolve_fks=False)
    shipped = {one["code"]: one for one in (orjson.loads(path.read_bytes()) for path in sorted(FEEDS.glob("*.json")))}
    by = {"created_by": NOBODY, "created_at": now, "changed_by": NOBODY, "changed_at": now}
    there = {row["code"]: dict(row) for row in connection.execute(sa.select(feed)).mappings()}
    for code, row in there.items():
        row.update({**by, **_grown(row, shipped.get(code), feed)})
        connection.execute(sa.update(feed).where(feed.c.code == code).values(row))
    new = {
        code: {**_row(one, feed), **by, "version": 1, "active": True}
        for code, one in shipped.items()
        if code not in there
    }
    if new:
        connection.execute(sa.insert(feed), list(new.values()))
    kept = [
        {
            "feed": code,
            "content": _content(row),
            **{name: row[name] for name in ("version", "active", "changed_by", "changed_at")},
        }
        for code, row in {**there, **new}.items()
    ]
    if kept:
        connection.execute(sa.insert(version), kept)


def _row(shipped: dict, feed: sa.Table) -> dict:
    """A file as a row."""
    row = {name: shipped[name] for name in shipped if name in feed.c and name not in ("bureau", "name")}
    row["columns"] = [
        {"required": False, "values": {}, **column, "type": _type(column["field"], shipped)}
        for column in shipped["columns"]
    ]
    texts = {f"{name}_{language}": shipped[name][language] for name in ("bureau", "name") for language in ("zh", "en")}
    return {**row, **texts, "bureau": shipped["bureau"]["code"]}


def _grown(row: dict, shipped: dict | None, feed: sa.Table) -> dict:
    """What a row that is there is to be: its file's content while nobody has changed it, else its own and what is new."""
    if shipped is None:
        return {**UNKNOWN, "bureau": row["code"].partition(".")[0], "columns": []}
    wanted = _row(shipped, feed)
    if row["version"] == 1:
        return wanted
    fields = row["evidence_schema"].get("properties", {})
    columns = [
        c
        for c in wanted["columns"]
        if c["field"] in fields or c["field"] not in shipped["evidence_schema"]["properties"]
    ]
    return {**{column.name: wanted[column.name] for column in NEW if column.name in wanted}, "columns": columns}


def _type(field: str, shipped: dict) -> str:
    schema = shipped["evidence_schema"]["properties"].get(field)
    if schema is None:
        return "date" if field == "occurred_on" else "text"
    if schema["type"] == "string":
        return "date" if schema.get("format") == "date" else "text"
    return schema["type"]


def _content(row: dict) -> dict:
    """As the service keeps a version."""
    own = ("risk_family", "default_severity", "subject", "cadence", "due_day", "grace_days", "expires_days")
    return {
        "bureau": {"code": row["bureau"], "zh": row["bureau_zh"], "en": row["bureau_en"]},
        "name": {"zh": row["name_zh"], "en": row["name_en"]},
        **{name: row.get(name) for name in (*own, "reporters", "columns", "evidence_schema", "source")},
    }
