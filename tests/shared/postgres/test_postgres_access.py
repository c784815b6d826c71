"""What the server lets whom do, and what its log keeps quiet about."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.postgres import Cluster, DisposableCluster
from tests.shared.postgres.processes import Ask

ID_NUMBER = "539900199001011234"  # of no place: 5399 is not assigned


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with DisposableCluster() as cluster:
        yield cluster


async def test_sqlalchemy_takes_the_dsn_as_it_is(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")  # of somebody else's server
    engine = create_async_engine(running.dsn("jobs"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_user || ' ' || current_database()")) == "jobs shouwang"
    await engine.dispose()


async def test_settings_hold(running: Cluster, ask: Ask) -> None:
    for name, value in {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "log_error_verbosity": "terse",
        "shared_buffers": "256MB",
        "max_connections": "200",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }.items():
        assert await ask(running, f"SELECT current_setting('{name}')", role="alerts") == value, name


async def test_the_owner_is_no_superuser_and_can_do_its_work(running: Cluster, ask: Ask) -> None:
    assert not await ask(running, "SELECT rolsuper FROM pg_roles WHERE rolname = 'shouwang'")
    await ask(running, "CREATE EXTENSION pg_trgm", role="shouwang")
    await ask(running, "CREATE SCHEMA alerts", role="shouwang")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(running, "CREATE ROLE intruder", role="shouwang")


@pytest.mark.parametrize("role", Cluster.roles)
async def test_a_service_may_connect_and_stage_and_no_more(running: Cluster, ask: Ask, role: str) -> None:
    assert await ask(running, "SELECT current_user", role=role) == role
    await ask(running, "CREATE TEMPORARY TABLE staged ()", role=role)
    for forbidden in (
        "CREATE TABLE public.t ()",
        "CREATE SCHEMA s",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "SET ROLE shouwang",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(running, forbidden, role=role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(running.dsn(role, "postgres"), "SELECT 1")


async def test_a_role_added_later_is_made_at_the_next_start(cluster: Cluster, folder: Path, ask: Ask) -> None:
    class Grown(Cluster):
        roles = (*Cluster.roles, "support")

    with cluster:
        await ask(cluster, "CREATE TABLE kept ()", role="shouwang")
    with Grown(folder / "data", state_dir=folder / "state") as grown:
        assert await ask(grown, "SELECT current_user", role="support") == "support"
        assert await ask(grown, "SELECT count(*) FROM kept", role="shouwang") == 0


async def test_the_log_holds_no_value_of_a_statement(running: Cluster, ask: Ask) -> None:
    await ask(running, "CREATE TABLE person (id_number text PRIMARY KEY)", role="shouwang")
    await ask(running, "INSERT INTO person VALUES ($1)", ID_NUMBER, role="shouwang")
    for failing in (f"SELECT '{ID_NUMBER}x'::bigint", f"INSERT INTO person VALUES ('{ID_NUMBER}')"):
        with pytest.raises(asyncpg.PostgresError):
            await ask(running, failing, role="shouwang")
    log = (running.data_dir / "server.log").read_text()
    assert "ready to accept connections" in log
    assert ID_NUMBER not in log
