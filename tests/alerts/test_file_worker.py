"""Worker processes are killed in the middle of a file: it goes on where it was, no row is lost, none is taken twice."""

import asyncio
import os
import signal

import pytest

from shared.contracts.alerts import AlertRaised
from shared.worker_process import NICENESS
from tests.alerts.conftest import MakeService, Service, named_areas, until
from tests.alerts.files_service import FILES, absent, counts, finished, send, table
from tests.alerts.test_worker import workers

ROWS = 20_000
KILLS = 3


pytestmark = pytest.mark.usefixtures("originals")


async def test_workers_killed_in_the_middle(service: Service, make_service: MakeService) -> None:
    # `service` makes the county known; its own worker is in this process, so it is stopped and two processes take over.
    await service.tell(named_areas())
    await service.stop()
    killed = await make_service(batch_processes=2)
    await until(lambda: len(workers()) == 2)
    answer = await send(killed, table([absent(n) for n in range(ROWS)]))
    for _ in range(KILLS):
        before = await killed.count("alert")

        async def gone_on(count: int = before) -> bool:
            return await killed.count("alert") > count

        await until(gone_on, seconds=30)
        for worker in workers():
            os.kill(worker.pid, signal.SIGKILL)
    view = await finished(killed, answer)

    assert view["state"] == "done"
    assert counts(view, "rows_read", "triggered", "stored", "repeated", "rejected") == (ROWS, ROWS, ROWS, 0, 0)
    assert await killed.count("alert") == ROWS
    ((parts, rows),) = await killed.sql("SELECT count(*), sum(rows) FROM file_part")
    assert (rows, parts > KILLS) == (ROWS, True)
    events = await killed.heard.hear(AlertRaised, ROWS)
    await asyncio.sleep(0.2)
    assert len(killed.heard.of(AlertRaised)) == len({event.alert_id for event in events}) == ROWS
    result = await killed.get(f"{FILES}/{view['id']}/result")
    assert result.status_code == 200


async def test_workers_are_kind_to_requests(make_service: MakeService) -> None:
    await make_service(batch_processes=1)
    await until(lambda: len(workers()) == 1)
    await until(lambda: workers()[0].nice() == min(19, os.nice(0) + NICENESS))
