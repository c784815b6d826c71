"""The feeds of the jobs service, where an installation does not have them yet: a new one has them from its files."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import orjson
import sqlalchemy as sa
from alembic import op

from shared.ids import new_id

revision = "alerts_0012"
down_revision = "alerts_0011"
branch_labels = None
depends_on = None

FEEDS = Path(__file__).parents[3] / "services" / "alerts" / "feeds"
NEW = ("jobs.jobless", "jobs.minor-working")
NOBODY = UUID(int=0)


def upgrade() -> None:
    connection = op.get_bind()
    feed = sa.Table("feed", sa.MetaData(), autoload_with=connection)
    version = sa.Table("feed_version", sa.MetaData(), autoload_with=connection, resolve_fks=False)
    rule = sa.Table("rule", sa.MetaData(), autoload_with=connection, resolve_fks=False)
    there = set(connection.scalars(sa.select(feed.c.code)))
    now = datetime.now(UTC)
    for code in NEW:
        if code not in there:
            shipped = orjson.loads((FEEDS / f"{code}.json").read_bytes())
            row = _row(shipped, feed)
            by = {"created_by": NOBODY, "created_at": now, "changed_by": NOBODY, "changed_at": now}
            connection.execute(sa.insert(feed).values({**row, **by, "version": 1, "active": True}))
            kept = {"feed": code, "version": 1, "active": True, "changed_by": NOBODY, "changed_at": now}
            connection.execute(sa.insert(version).values({**kept, "content": _content(row)}))
            connection.execute(sa.insert(rule).values(_rule(shipped, now)))


def downgrade() -> None:
    """The feeds stay: alerts refer to them, and the code before this one takes any."""


def _row(shipped: dict, feed: sa.Table) -> dict:
    row = {name: shipped[name] for name in shipped if name in feed.c and name not in ("bureau", "name")}
    row["columns"] = [
        {"required": False, "values": {}, **column, "type": _type(column["field"], shipped)}
        for column in shipped["columns"]
    ]
    texts = {f"{name}_{language}": shipped[name][language] for name in ("bureau", "name") for language in ("zh", "en")}
    return {**row, **texts, "bureau": shipped["bureau"]["code"]}


def _rule(shipped: dict, now: datetime) -> dict:
    return {
        "id": new_id(),
        "feed": shipped["code"],
        "area_prefix": "",
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
        "version": 1,
        "levels": shipped["rule"]["levels"],
        "parameters": shipped["rule"]["parameters"],
        "note": shipped.get("source"),
        "author": NOBODY,
        "created_at": now,
    }


def _type(field: str, shipped: dict) -> str:
    schema = shipped["evidence_schema"]["properties"].get(field)
    if schema is None:
        return "date" if field == "occurred_on" else "text"
    if schema["type"] == "string":
        return "date" if schema.get("format") == "date" else "text"
    return str(schema["type"])


def _content(row: dict) -> dict:
    """As the service keeps a version."""
    own = ("risk_family", "default_severity", "subject", "cadence", "due_day", "grace_days", "expires_days")
    return {
        "bureau": {"code": row["bureau"], "zh": row["bureau_zh"], "en": row["bureau_en"]},
        "name": {"zh": row["name_zh"], "en": row["name_en"]},
        **{name: row.get(name) for name in (*own, "reporters", "columns", "evidence_schema", "source")},
    }
