"""The tables the code expects are the tables the migrations make, on the way up and after the way down."""

import threading
from pathlib import Path
from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import services.alerts
from services.alerts.models import Base
from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster

FEEDS = sorted(path.stem for path in (Path(services.alerts.__file__).parent / "feeds").glob("*.json"))


def in_thread(work: Any, *arguments: Any) -> None:
    """Alembic runs a loop of its own, and this thread has one already."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    thread.join()


async def look(url: str) -> tuple[list[Any], list[str]]:
    """What differs between models and tables, and the feeds there are."""

    def differences(connection: Connection) -> list[Any]:
        connection.execute(text("SET search_path TO alerts"))
        connection.dialect.default_schema_name = "alerts"
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: (kind, name) != ("table", "alembic_version"),
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        different = await connection.run_sync(differences)
        feeds = list(await connection.scalars(text("SELECT code FROM alerts.feed ORDER BY code")))
    await engine.dispose()
    return different, feeds


async def tables(url: str) -> list[str]:
    """What stands in the schema."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        names = text("SELECT tablename FROM pg_tables WHERE schemaname = 'alerts' ORDER BY 1")
        found = list(await connection.scalars(names))
    await engine.dispose()
    return found


async def test_models_and_migrations_agree(cluster: Cluster, fresh_database: str) -> None:
    assert await look(cluster.dsn("shouwang", fresh_database)) == ([], FEEDS)


async def test_down_and_up_again(cluster: Cluster, fresh_database: str) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    in_thread(downgrade, "alerts", url, "base")
    assert await tables(url) == ["alembic_version"]
    in_thread(migrate, "alerts", url)
    assert await look(url) == ([], FEEDS)


ENDED = """
WITH one AS (
    INSERT INTO alerts.alert (id, feed, dedup, row_hash, severity, occurred_on, area_code, sealed, reported_by,
        reported_at, risk_family, subject_key, state, dropped_at)
    VALUES (gen_random_uuid(), 'medical.cost', '', '', 'low', '2026-03-01', '539921100001', '', gen_random_uuid(), now(),
        'illness', 'x', 'dropped', now())
    RETURNING id, feed, area_code
)
INSERT INTO alerts.verdict_notice (id, alert_id, feed, area_code, state, verdict, answered_at, ended_at)
SELECT gen_random_uuid(), id, feed, area_code, told.* FROM one CROSS JOIN (
    VALUES ('dropped', NULL, NULL, now()), ('answered', 'no_risk', now(), NULL)) AS told
"""


async def test_what_ended_without_a_verdict_is_no_hindrance_on_the_way_down(
    cluster: Cluster, fresh_database: str
) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(ENDED)
    in_thread(downgrade, "alerts", url, "alerts_0019")
    assert await connection.fetchval("SELECT array_agg(verdict) FROM alerts.verdict_notice") == ["no_risk"]
    in_thread(migrate, "alerts", url)
    assert await connection.fetchval("SELECT array_agg(state) FROM alerts.verdict_notice") == ["answered"]
    await connection.close()
