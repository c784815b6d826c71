"""The worker process is killed in the middle of a run: the next one ends it, with the input that was kept."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import psutil
import pytest
from pydantic import SecretStr

from services.jobs.settings import JobsSettings
from shared.db.engine import DatabaseSettings
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from shared.worker_process import keep_process
from tests.jobs.conftest import PINE, Jobs
from tests.jobs.matching_county import ask, employer, post

PEOPLE, POSTS = 6_000, 900
_PEOPLE = """
INSERT INTO person (id, person_key, household_id, area_code, active, household_class, relation, sex, birth_on, pupil,
    health, relocated, graded_at, name_sealed, id_number_sealed, changed_at)
SELECT gen_random_uuid(), 'many-' || n, gen_random_uuid(), :area, true, 'ordinary', '02', (1 + n % 2)::text,
    date '1980-01-01' + n % 7000, false, '{healthy}', false, now(), '\\x00', '\\x00', now()
FROM generate_series(1, :people) AS n
"""
_NEEDS = """
INSERT INTO work_need (id, person_id, area_code, source, source_ref, wants_change, wanted_trades, refused_areas,
    lodging_needed, night_ok, services, state, version, opened_at)
SELECT gen_random_uuid(), id, area_code, 'hand', id::text, false, '{60501}', '{}', false, true, '{}', 'open', 1, now()
FROM person
"""
_POSTS = """
INSERT INTO post (id, employer_id, county, trade, title, place, openings, filled, reserved, pay_low, pay_high, lodging,
    shift, hazardous, certificates, health_limits, state, source, version, recorded_by, recorded_at, changed_at)
SELECT gen_random_uuid(), employer_id, county, trade, title, place, 5, 0, 0, 3000 + n % 3000, 9000, lodging, shift,
    hazardous, certificates, health_limits, state, source, version, recorded_by, recorded_at, changed_at
FROM post, generate_series(1, :posts) AS n
"""


def workers() -> list[psutil.Process]:
    """The worker processes of this test."""
    children = psutil.Process().children()
    return [child for child in children if "services.jobs.matching_worker" in " ".join(child.cmdline())]


async def until(held: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(seconds):
        while not await held():
            await asyncio.sleep(0.05)


@pytest.fixture
async def kept_worker(
    cluster: Cluster, service: Jobs, database_name: str, vault_settings: VaultSettings
) -> AsyncIterator[None]:
    """A worker process, and another when it ends."""
    own = DatabaseSettings(url=SecretStr(cluster.dsn("jobs", database_name)), pool_size=4)
    keeper = asyncio.create_task(
        keep_process("services.jobs.matching_worker", JobsSettings(database=own, vault=vault_settings))
    )
    yield
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)


async def test_a_worker_killed_in_the_middle(service: Jobs, kept_worker: None) -> None:
    await post(service, await employer(service))
    await service.sql(_POSTS, posts=POSTS - 1)
    await service.sql(_PEOPLE, people=PEOPLE, area=PINE)
    await service.sql(_NEEDS)
    run_id = await ask(service)

    async def column(name: str) -> object:
        [[value]] = await service.sql(f"SELECT {name} FROM matching_run WHERE id = :id", id=run_id)
        return value

    async def under_way() -> bool:
        return await column("state") == "running" and await column("progress") != 0

    async def over() -> bool:
        return await column("state") not in ("queued", "running")

    await until(under_way)
    digest = await column("input_digest")
    [worker] = workers()
    os.kill(worker.pid, signal.SIGKILL)
    assert not await over()
    await until(over)
    assert (await column("state"), await column("attempts"), await column("input_digest")) == ("done", 2, digest)
    [[count, people]] = await service.sql("SELECT count(*), count(DISTINCT person_id) FROM matching_proposal")
    assert count == people == PEOPLE
    [[placed]] = await service.sql("SELECT count(*) FROM matching_proposal WHERE state = 'proposed'")
    assert placed == await column("placed") > 4_000
