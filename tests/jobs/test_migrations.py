"""The tables the code expects are the tables the migrations make, on the way up and after the way down."""

import re
import threading
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.jobs.models import Base
from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster

PARTITION = re.compile(r"_\d{4}_\d{2}$")
"""A month of the ledger: made by the database for the parent, which is what the models know."""
SECURED = [
    "attendance",
    "certificate",
    "enrolment",
    "indicator_count",
    "indicator_state",
    "labour_change",
    "labour_row",
    "labour_task",
    "matching_proposal",
    "matching_run",
    "move_up_place",
    "need_waiting",
    "person",
    "placement",
    "placement_move",
    "reconciliation_row",
    "sampled_row",
    "stay_check",
    "subsidy_claim",
    "trip",
    "trip_passenger",
    "work_need",
]


def in_thread(work: Any, *arguments: Any) -> None:
    """Alembic runs a loop of its own, and this thread has one already."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    thread.join()


def _is_ours(name: str | None) -> bool:
    return name is not None and name != "alembic_version" and PARTITION.search(name) is None


def differences(connection: Connection) -> list[Any]:
    """What differs between models and tables."""
    connection.execute(text("SET search_path TO jobs"))
    connection.dialect.default_schema_name = "jobs"
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "table" or _is_ours(name),
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
WHERE relnamespace = 'jobs'::regnamespace AND relrowsecurity AND polcmd = '*' AND NOT relispartition ORDER BY 1
"""
OPEN_PARTITIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'jobs'::regnamespace AND relispartition AND relkind = 'r'
    AND (NOT relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polcmd = '*'))
"""
PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'labour_row%'"
LEFT = """
SELECT tablename FROM pg_tables WHERE schemaname = 'jobs'
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace
"""

MARKING = """
SELECT DISTINCT pg_get_functiondef(tgfoid) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
WHERE c.relnamespace = 'jobs'::regnamespace AND c.relname IN ('labour_row', 'person') AND NOT tgisinternal
    AND tgname LIKE 'indicators%' ORDER BY 1
"""


async def test_models_and_migrations_agree(cluster: Cluster, database_name: str) -> None:
    assert await look(cluster.dsn("shouwang", database_name), WITH_POLICY) == ([], SECURED)


async def test_each_month_of_the_ledger_is_secured(cluster: Cluster, database_name: str) -> None:
    """A policy is not inherited, and the service's role may read every table of the schema."""
    url = cluster.dsn("shouwang", database_name)
    assert (await look(url, OPEN_PARTITIONS))[1] == []
    assert len((await look(url, PARTITIONS))[1]) >= 26


async def test_without_the_queue_changes_are_marked_for_the_indicators_alone(
    cluster: Cluster, fresh_database: str
) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    in_thread(downgrade, "jobs", url, "jobs_0004")
    in_thread(migrate, "jobs", url, "jobs_0009")
    before = (await look(url, MARKING))[1]
    in_thread(migrate, "jobs", url)
    assert all("move_up_due" in one for one in (await look(url, MARKING))[1])
    in_thread(downgrade, "jobs", url, "jobs_0009")
    assert len(before) == 2
    assert (await look(url, MARKING))[1] == before


async def test_down_and_up_again(cluster: Cluster, fresh_database: str) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    in_thread(downgrade, "jobs", url, "base")
    assert (await look(url, LEFT))[1] == ["alembic_version"]
    in_thread(migrate, "jobs", url)
    assert await look(url, WITH_POLICY) == ([], SECURED)
