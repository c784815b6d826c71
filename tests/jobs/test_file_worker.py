"""Files have a process of their own; when it is killed in the middle of writing, nothing is lost or doubled."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from services.jobs.background import make_background
from services.jobs.settings import JobsSettings
from shared.contracts.jobs import WageReported
from shared.db.engine import DatabaseSettings
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from shared.worker_process import keep_process
from tests.jobs.conftest import STONE, Jobs
from tests.jobs.test_ledger_imports import row, send, workbook
from tests.jobs.test_matching_worker import until

WAITS = "SELECT count(*) FROM pg_locks WHERE relation = 'outbox'::regclass AND NOT granted"


def workers() -> list[psutil.Process]:
    """The worker processes of this test."""
    return [child for child in psutil.Process().children() if "services.jobs.worker" in child.cmdline()]


@pytest.fixture
def own_settings(service: Jobs, cluster: Cluster, database_name: str, vault_settings: VaultSettings) -> JobsSettings:
    """What the service hands its worker."""
    own = DatabaseSettings(url=SecretStr(cluster.dsn("jobs", database_name)), pool_size=4)
    return JobsSettings(database=own, vault=vault_settings, files=service.app.state.files_settings)


@pytest.fixture
async def kept_worker(own_settings: JobsSettings) -> AsyncIterator[None]:
    """A worker process, and another when it ends."""
    keeper = asyncio.create_task(keep_process("services.jobs.worker", own_settings))
    yield
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)


@pytest.mark.parametrize("own_process", [True, False])
def test_requests_go_first(service: Jobs, own_settings: JobsSettings, own_process: bool) -> None:
    settings = own_settings.model_copy(update={"file_process": own_process})
    beside = {getattr(work, "__qualname__", "") for work in make_background(settings, service.database, service.vault)}
    assert ("LedgerWorker.run" in beside, "ReconciliationWorker.run" in beside) == (not own_process, not own_process)


async def test_a_worker_killed_while_it_writes(service: Jobs, kept_worker: None) -> None:
    """It has written the rows and is about to tell of them: that is taken back, and the next one does it whole."""
    await service.people(1, 2)
    sent = await send(service, workbook([row(1), row(2)]))
    import_id = sent.json()["id"]

    async def column(name: str) -> object:
        [[value]] = await service.sql(f"SELECT {name} FROM ledger_import WHERE id = :id", id=import_id)
        return value

    async def checked() -> bool:
        return await column("state") == "checked"

    async def waits() -> bool:
        return (await service.sql(WAITS))[0][0] > 0

    async def over() -> bool:
        return await column("state") in ("applied", "failed")

    await until(checked)
    async with service.database.engine.connect() as held:
        await held.execute(text("LOCK TABLE outbox IN SHARE MODE"))
        digest = {"digest": await column("digest")}
        answer = await service.post(f"/ledger/imports/{import_id}/application", digest, "township", STONE)
        assert answer.status_code == 202, answer.text
        await until(waits)
        [worker] = workers()
        os.kill(worker.pid, signal.SIGKILL)
        await held.rollback()
    await until(over)
    assert (await column("state"), await column("attempts")) == ("applied", 2)
    assert await service.sql("SELECT version FROM labour_row") == [(1,), (1,)]
    assert len(await service.told(WageReported)) == 2
