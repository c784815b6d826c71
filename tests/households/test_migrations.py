"""The tables the code expects are the tables the migrations make, on the way up and after the way down."""

import threading
from typing import Any
from uuid import UUID

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.households.models import Base
from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster

SECURED = [
    "authorisation",
    "case_evidence",
    "case_move",
    "case_pause",
    "case_snapshot",
    "comparison_ticket",
    "double_entry",
    "dropout_case",
    "dropout_entry",
    "dropout_move",
    "elimination_check",
    "evidence",
    "grade_change",
    "grade_override",
    "grade_snapshot",
    "household",
    "household_grade",
    "import_finding",
    "income_entry",
    "income_summary",
    "income_waiting",
    "legal_step",
    "measure",
    "member",
    "monitoring_case",
    "notice_entry",
    "objection",
    "pretence_finding",
    "public_notice",
    "quality_finding",
    "register_change",
    "risk_case",
    "staged_household",
    "staged_member",
    "stay_check",
    "task",
    "task_household",
    "visit",
    "visit_photo",
]


def in_thread(work: Any, *arguments: Any) -> None:
    """Alembic runs a loop of its own, and this thread has one already."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    thread.join()


def differences(connection: Connection) -> list[Any]:
    """What differs between models and tables."""
    connection.execute(text("SET search_path TO households"))
    connection.dialect.default_schema_name = "households"
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: (kind, name) != ("table", "alembic_version"),
    }
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    return found


async def look(url: str, statement: str) -> tuple[list[Any], list[str]]:
    """Differences, and one column of what the statement finds."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        different = await connection.run_sync(differences)
        found = list(await connection.scalars(text(statement)))
    await engine.dispose()
    return different, found


WITH_POLICY = """
SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid
WHERE relnamespace = 'households'::regnamespace AND relrowsecurity AND polcmd = '*' ORDER BY 1
"""
LEFT = """
SELECT tablename FROM pg_tables WHERE schemaname = 'households'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'households'::regnamespace
"""


async def test_models_and_migrations_agree(cluster: Cluster, fresh_database: str) -> None:
    assert await look(cluster.dsn("shouwang", fresh_database), WITH_POLICY) == ([], SECURED)


async def test_down_and_up_again(cluster: Cluster, fresh_database: str) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    in_thread(downgrade, "households", url, "base")
    assert (await look(url, LEFT))[1] == ["alembic_version"]
    in_thread(migrate, "households", url)
    assert await look(url, WITH_POLICY) == ([], SECURED)


TWO_VILLAGES = """
WITH village (code) AS (VALUES ('539921100200'), ('539921100201')), opened AS (
    INSERT INTO households.risk_case (id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at,
        area_alert_id)
    SELECT uuidv7(), 'area:' || $1::uuid || ':' || code, 'water', code, 'open', now(), now(), $1 FROM village
    RETURNING id, area_code
)
INSERT INTO households.evidence (evidence_id, alert_id, case_id, area_code, feed, severity, occurred_on, reported_at,
    sealed)
SELECT uuidv7(), $1, id, area_code, 'water.supply', 'high', now()::date, now(), '' FROM opened
"""
KEYS = "SELECT DISTINCT subject_key FROM households.risk_case ORDER BY 1"
IDS = "SELECT DISTINCT evidence_id FROM households.evidence"


async def test_checks_of_areas_that_are_open_take_in_what_comes(cluster: Cluster, fresh_database: str) -> None:
    url, alert = cluster.dsn("shouwang", fresh_database), UUID(int=7)
    in_thread(downgrade, "households", url, "households_0022")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(TWO_VILLAGES, alert)
    in_thread(migrate, "households", url)
    keys, ids = [[row[0] for row in await connection.fetch(query)] for query in (KEYS, IDS)]
    assert (keys, ids) == (["area:539921100200", "area:539921100201"], [alert])
    in_thread(downgrade, "households", url, "households_0022")
    keys, ids = [[row[0] for row in await connection.fetch(query)] for query in (KEYS, IDS)]
    assert keys == [f"area:{alert}:539921100200", f"area:{alert}:539921100201"]
    assert len(ids) == 2
    await connection.close()
    in_thread(migrate, "households", url)
